// Package wire is how requests and answers of Better Auth look: routes, bodies and
// what is required of them, JSON, errors, redirects.
package wire

import (
	"context"
	"net/http"

	"switchyard/shared/auth"
)

// Guard says what session a route asks for.
type Guard int

// The guards.
const (
	Open      Guard = iota // none
	SignedIn               // one, perhaps from the cookie cache
	Sensitive              // one, as the database has it now
	Fresh                  // one that began less than a day ago
)

// Route is one endpoint of the contract.
type Route struct {
	Method string // GET or POST
	Path   string // below the base path; may end in "/{param}"
	Form   bool   // its body may be a form as well
	Login  bool   // the rule against login from other sites holds
	Body   *Schema
	Query  *Schema
	// Callback is checked as in GET routes that take one: the query parameter
	// callbackURL must be trusted.
	Callback bool
	Guard    Guard
	// Handle answers with what is encoded as JSON, or with a [Redirect].
	Handle func(ctx context.Context, c *Call) (any, error)
}

// Kind is what sort of JSON value a field holds.
type Kind string

// The kinds, by the names they have in messages.
const (
	String  Kind = "string"
	Boolean Kind = "boolean"
	Number  Kind = "number"
	Object  Kind = "object"
	Array   Kind = "array"
	Record  Kind = "record"
	Any     Kind = "any"
)

// Field is one field of a body or query.
type Field struct {
	Name     string
	Kind     Kind
	Optional bool
	Nullable bool
	Email    bool    // a string that must be an e-mail address
	MinLen   int     // of a string
	Fields   []Field // of an object
	Elem     Kind    // of an array
}

// Schema is what a body or query must be. Other keys than its fields are ignored,
// unless it is Strict.
type Schema struct {
	Kind     Kind // Object unless set to Record
	Optional bool // there need not be any
	Strict   bool
	Fields   []Field
}

// Values are the fields of a checked body or query.
type Values map[string]any

// Text returns a string field, "" if it is not there.
func (v Values) Text(name string) string { s, _ := v[name].(string); return s }

// Has reports whether the field is there, even if it is null.
func (v Values) Has(name string) bool { _, ok := v[name]; return ok }

// Bool returns a boolean field, or def if it is not there.
func (v Values) Bool(name string, def bool) bool {
	if b, ok := v[name].(bool); ok {
		return b
	}
	return def
}

// Call is one request on its way through the routes, and what is known of its
// answer so far.
type Call struct {
	Request *http.Request
	Header  http.Header // of the answer
	Body    Values      // nil if there is none
	Query   Values
	Param   string // the last segment, of a route that has one
	IP      string // the client's address as it is stored; "" if it is not known

	// Of a route with a guard.
	Session auth.Session
	User    auth.User
}

// Redirect is the answer 302 to a URL.
type Redirect string

// Error is an error that the contract knows. It is answered as JSON, with the
// message and the code as far as there are any.
type Error struct {
	Status  int
	Code    string
	Message string
}

// Error returns the code or the message.
func (e *Error) Error() string {
	if e.Code != "" {
		return e.Code
	}
	return e.Message
}

// Fail returns an *Error.
func Fail(status int, code, message string) error {
	return &Error{Status: status, Code: code, Message: message}
}

// User returns u as the wire has it.
func User(u auth.User) any { panic("not built yet") }

// Session returns s as the wire has it.
func Session(s auth.Session) any { panic("not built yet") }
