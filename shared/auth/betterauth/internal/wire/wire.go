// Package wire is how requests and answers of Better Auth look: routes, bodies and
// what is required of them, JSON, cookies, errors, redirects.
package wire

import (
	"context"
	"net/http"

	"switchyard/shared/auth"
)

// BasePath is where the routes are.
const BasePath = "/api/auth"

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
	NoBody bool   // its body is not looked at
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

// Key is what tells a route from others: "POST /sign-out".
func (route *Route) Key() string { return route.Method + " " + route.Path }

// Shaped returns a Handle that answers with what shape makes of what do returns.
func Shaped[T any](do func(ctx context.Context, c *Call) (T, error), shape func(T) any) func(context.Context, *Call) (any, error) {
	return func(ctx context.Context, c *Call) (any, error) {
		v, err := do(ctx, c)
		if err != nil {
			return nil, err
		}
		return shape(v), nil
	}
}

// Call is one request on its way through the routes, and what is known of its
// answer so far.
type Call struct {
	Request *http.Request
	Header  http.Header // of the answer; not of one that fails with another error than an *Error
	Body    Values      // nil if there is none
	Query   Values
	Param   string // the last segment as it was sent, of a route that has one
	IP      string // the client's address as it is stored; "" if it is not known

	// Of a route with a guard.
	Session auth.Session
	User    auth.User
}
