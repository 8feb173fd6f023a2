// Package origin says which origins are trusted: which pages may send requests, and where
// people may be led to. It trusts what Better Auth 1.7 trusts, but takes only URLs that every
// reader understands in the same way.
package origin

import (
	"slices"
	"strings"
)

// Rules are the trusted origins. They are safe for concurrent use.
type Rules struct {
	scheme   string // of the service itself
	own      string // its origin
	patterns []pattern
}

// New returns the rules of a service at base, such as "https://shop.example",
// that trusts these origins besides; see BETTER_AUTH_TRUSTED_ORIGINS. An entry is
//
//   - an origin, compared as text: "https://app.example", "http://localhost:3000";
//   - an origin with "*" for any text and "?" for any character:
//     "https://*.app.example" is all below app.example, but not itself;
//   - a host with such wildcards, for http and https: "*.app.example", and with
//     ports "*.app.example:*";
//   - the scheme of an app, with or without a place in it: "myapp://",
//     "myapp://signed-in", "exp://192.168.*.*:*/**".
//
// A host of digits and wildcards, such as "192.168.*", is for IPv4 addresses alone.
func New(base string, trusted []string) *Rules {
	o := &Rules{}
	if p, ok := parse(base); ok {
		o.scheme, o.own = p.scheme, p.origin()
		o.patterns = append(o.patterns, compile(p.origin()))
	}
	for _, entry := range trusted {
		o.patterns = append(o.patterns, compile(entry))
	}
	return o
}

// Callback reports whether somebody may be led to u: it is a safe path of this service, or the
// URL of a trusted place.
func (o *Rules) Callback(u string) bool {
	if strings.HasPrefix(u, "/") {
		return isSafePath(u)
	}
	return o.Trusts(u)
}

// Trusts reports whether u is a URL of a trusted place.
func (o *Rules) Trusts(u string) bool {
	p, ok := parse(u)
	return ok && slices.ContainsFunc(o.patterns, func(trusts pattern) bool { return trusts(p) })
}

// Scheme returns the scheme of the service itself: "https".
func (o *Rules) Scheme() string { return o.scheme }

// Calls reports whether text, which is a request's header Origin, names a trusted page or app.
// It has to be an origin as browsers write it, and nothing more.
func (o *Rules) Calls(text string) bool {
	p, ok := parse(text)
	return ok && p.path == "" && p.origin() == text && o.Trusts(text)
}

// Own reports whether text, which is a request's header Origin, names the service itself.
func (o *Rules) Own(text string) bool { return text == o.own }
