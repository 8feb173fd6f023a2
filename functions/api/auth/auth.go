// Package auth is where people sign in: the routes of Better Auth, for its client
// library and for everything else that speaks its contract.
package auth

import (
	"net/http"
	"time"

	"switchyard/shared/auth/betterauth"
	"switchyard/shared/fn"
)

var Spec = fn.Page{
	Route:        betterauth.BasePath + "/",
	Summary:      "Signing in, by Better Auth's contract",
	Access:       fn.Public,
	ChecksOrigin: true, // the contract has rules of its own
	Expose:       []string{"X-Retry-After"},
	Timeout:      30 * time.Second,
}

// Function signs people in.
type Function struct {
	Auth *betterauth.Server
}

// ServeHTTP serves the routes.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.Auth.ServeHTTP(w, r) }
