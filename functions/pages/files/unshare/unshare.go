// Package unshare revokes a link to a file for a form of its page.
package unshare

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/files/place"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "POST /files/{id}/shares/{shareId}/revoke",
	Summary: "Revoke a link to a file by a form",
	Timeout: 10 * time.Second,
	MaxBody: 1 << 10,
}

// Function revokes links.
type Function struct {
	Shares *shares.Store
	UI     *ui.Kit
}

// ServeHTTP revokes the link and leads back to the file. That it is gone already is as well.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("id"))
	share, err2 := uuid.Parse(r.PathValue("shareId"))
	if err != nil || err2 != nil {
		f.UI.Fail(w, r, fault.New(fault.NotFound, "There is no such link."))
		return
	}
	if err := f.Shares.Revoke(r.Context(), auth.UserFrom(r.Context()).ID, id, share); err != nil && !fault.Is(err, fault.NotFound) {
		f.UI.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, place.Of(r.URL.Query()).File(id), http.StatusSeeOther)
}
