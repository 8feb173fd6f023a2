// Package goodbye is what one sees last of an account.
package goodbye

import (
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "GET " + auth.GoodbyePath,
	Summary: "The account is deleted",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
}

// Function shows the page.
type Function struct {
	UI *ui.Kit
}

// ServeHTTP shows the page.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.Show(w, r, ui.Page{Title: "Goodbye", Body: page()})
}
