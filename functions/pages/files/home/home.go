// Package home is the file desk's page: drop a file, see what became of it.
package home

import (
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/front"
	"switchyard/shared/bucket"
	"switchyard/shared/files"
	"switchyard/shared/files/script"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "GET /{$}",
	Summary: "The file desk",
	Timeout: 10 * time.Second,
}

// Function shows the page.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
	Script *script.Assets
	UI     *ui.Kit
}

// refresh is how often, in seconds, a browser without JavaScript asks what has
// become of files that are being processed.
const refresh = 2

// ServeHTTP shows a page of files, newest first; the query may have a status and
// a cursor, as in the API, and error: what went wrong in a flow of signing in that
// had no other page to lead to.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := view{status: files.Status(query.Get("status")), cursor: query.Get("cursor")}
	list, err := f.Files.List(r.Context(), files.Query{Owner: auth.UserFrom(r.Context()).ID, Status: v.status, Cursor: v.cursor})
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	v.files, v.next = list.Files, list.NextCursor
	v.trouble.Problem = front.ExplainCode(query.Get("error"))
	page := ui.Page{Title: "Files", Body: desk(v), Script: f.Script.Desk(), Origins: []string{f.Bucket.Origin()}}
	if v.busy() {
		page.Refresh = refresh
	}
	f.UI.Show(w, r, page)
}
