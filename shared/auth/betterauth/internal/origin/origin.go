// Package origin says which other places are trusted: to send requests from, and
// to be led to.
package origin

import "net/http"

// Rules are the trusted origins.
type Rules struct{}

// New returns the rules of a service at base, such as "https://desk.example",
// that trusts these origins besides; see BETTER_AUTH_TRUSTED_ORIGINS.
func New(base string, trusted []string) *Rules { panic("not built yet") }

// Check returns nil if the request r may change something: it comes without
// cookies, or from a trusted origin. See section 6 of the contract; always is for
// requests that are checked without cookies too. The error is a *wire.Error.
func (o *Rules) Check(r *http.Request, always bool) error { panic("not built yet") }

// CheckLogin is the rule for sign-in and sign-up. The error is a *wire.Error.
func (o *Rules) CheckLogin(r *http.Request) error { panic("not built yet") }

// Callback reports whether one may be led to u: a path here that is safe, or a
// trusted place.
func (o *Rules) Callback(u string) bool { panic("not built yet") }
