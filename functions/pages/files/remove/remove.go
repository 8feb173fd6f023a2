// Package remove deletes a file for a form of the page, and shows the page again.
package remove

import (
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
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

// ServeHTTP deletes the file and leads back to the list, with the same choice of
// status. That the file is gone already is as well.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		f.UI.Fail(w, r, fault.New(fault.NotFound, "There is no such file.").Because(err))
		return
	}
	if err := f.Files.Delete(r.Context(), f.Events, auth.UserFrom(r.Context()).ID, id); err != nil && !fault.Is(err, fault.NotFound) {
		f.UI.Fail(w, r, err)
		return
	}
	back := "/"
	if status := r.URL.Query().Get("status"); status != "" {
		back += "?" + url.Values{"status": {status}}.Encode()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
