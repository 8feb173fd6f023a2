// Package remove deletes a file for a form of a page.
package remove

import (
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/place"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "POST /files/{id}/remove",
	Summary: "Delete a file by a form",
	Timeout: 10 * time.Second,
	MaxBody: 1 << 10,
}

// Function deletes files.
type Function struct {
	Files  *files.Store
	Events *events.Bus
	UI     *ui.Kit
}

// ServeHTTP deletes the file and leads back to the place in the list that the address holds.
// That the file is gone already is as well.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := files.ParseID(r.PathValue("id"))
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	if err := f.Files.Delete(r.Context(), f.Events, auth.UserFrom(r.Context()).ID, id); err != nil && !fault.Is(err, fault.NotFound) {
		f.UI.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, place.Of(r.URL.Query()).List(), http.StatusSeeOther)
}
