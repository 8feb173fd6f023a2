// Package items shows everybody's newest items.
package items

import (
	"net/http"
	"time"

	"switchyard/shared/fn"
	"switchyard/shared/ui"

	"example.com/acme/desk/shared/items"
)

var Spec = fn.Page{
	Route:   "GET /items",
	Summary: "The newest items",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
}

type Function struct {
	Items *items.Store
	UI    *ui.Kit
}

// ServeHTTP shows the newest 20.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list, err := f.Items.Newest(r.Context(), 20)
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	f.UI.Show(w, r, ui.Page{Title: "Items", Body: table(list)})
}
