// Package bind is what generated bindings are written with: they read requests into the
// Input of an endpoint, and write its Output, without reflection.
//
// A binding only accepts. Where a request is not as it should be, or merely unusual, it
// says so by false, and the binding by reflection of package endpoint reads the same bytes
// again: that one decides what is refused, and says where and why. So there is one rule
// for what is written here: what it accepts, the other accepts with an equal Input.
package bind

// Binding binds an endpoint with these types. Both functions are generated.
type Binding[I, O any] struct {
	// Read reads r into in, which is zero, checks all rules, and sets defaults. false says
	// that it does not accept the request; in then has any content.
	Read func(r *Request, in *I) bool
	// Write writes headers, status and body of out.
	Write func(w *Writer, out *O)
}
