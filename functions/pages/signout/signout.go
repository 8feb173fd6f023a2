// Package signout ends a session for a form of the pages.
package signout

import (
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "POST " + auth.SignOutPath,
	Summary: "Sign out",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
	MaxBody: 1 << 10,
}

// Function signs people out.
type Function struct {
	Auth *betterauth.Server
	UI   *ui.Kit
}

// ServeHTTP ends the session, if there is one, and leads to the page for signing in.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := f.Auth.SignOut(w, r); err != nil {
		f.UI.Fail(w, r, front.Fault(err))
		return
	}
	front.Leave(w)
	http.Redirect(w, r, front.Done(auth.SignInPath, "out", ""), http.StatusSeeOther)
}
