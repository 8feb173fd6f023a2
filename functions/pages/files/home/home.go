// Package home is the file desk's page: drop a file, find a file, see what became of it.
package home

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/front"
	"switchyard/shared/bucket"
	"switchyard/shared/files"
	"switchyard/shared/files/place"
	"switchyard/shared/files/script"
	"switchyard/shared/fn"
	"switchyard/shared/live"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "GET /{$}",
	Menu:    "Files",
	Summary: "The file desk",
	Timeout: 10 * time.Second,
}

// Function shows the page.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
	Live   *live.Hub
	Script *script.Assets
	UI     *ui.Kit
}

// refresh is how often, in seconds, a browser without JavaScript asks what has
// become of files that are being processed.
const refresh = 2

// ServeHTTP shows a page of files, newest first: those at the place that the address holds.
// The query may also have error: what went wrong in a flow of signing in that had no other
// page to lead to.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	news, query := f.Live.From(live.Path), r.URL.Query() // news since before the list is read
	v, err := f.look(r.Context(), place.Of(query))
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	v.trouble.Problem = front.ExplainCode(query.Get("error"))
	page := ui.Page{
		Title: "Files", Body: desk(v), //nolint:contextcheck // the context is what Render is given
		Style: f.Script.Style(), Script: f.Script.Desk(),
		Live: news, Origins: []string{f.Bucket.Origin()},
	}
	if v.busy() {
		page.Refresh = refresh
	}
	f.UI.Show(w, r, page)
}

// look returns what is to be seen at p. Where files are gone since somebody was led there, it
// is the page next to it: the first on the way back, the last on the way forth.
func (f Function) look(ctx context.Context, p place.Place) (view, error) {
	owner := auth.UserFrom(ctx).ID
	list, err := f.Files.List(ctx, p.Query(owner))
	switch {
	case err != nil || p.Cursor == "":
	case list.PrevCursor == "" && len(list.Files) < files.DefaultLimit:
		p.Cursor = ""
		list, err = f.Files.List(ctx, p.Query(owner))
	case list.NextCursor == "" && len(list.Files) == 0:
		p.Cursor = list.PrevCursor
		list, err = f.Files.List(ctx, p.Query(owner))
	}
	if err != nil {
		return view{}, err
	}
	usage, err := f.Files.Usage(ctx, owner)
	return view{place: p, list: list, usage: usage}, err
}
