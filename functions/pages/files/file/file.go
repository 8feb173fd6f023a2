// Package file is the page of one file: what is in it, what is known of it, and what became
// of it.
package file

import (
	"net/http"
	"net/url"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/place"
	"switchyard/shared/files/preview"
	"switchyard/shared/files/script"
	"switchyard/shared/files/shares"
	"switchyard/shared/files/show"
	"switchyard/shared/fn"
	"switchyard/shared/live"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:   "/files/{id}",
	Summary: "A file",
	Timeout: 10 * time.Second,
	MaxBody: 4 << 10,
}

// Function shows a file.
type Function struct {
	Files  *files.Store
	Shares *shares.Store
	Bucket *bucket.Bucket
	Live   *live.Hub
	Script *script.Assets
	UI     *ui.Kit
}

// refresh is how often, in seconds, a browser without JavaScript asks what has become of a
// file that is being processed.
const refresh = 2

// ttl is how long the addresses of previews work: a browser loads them at once.
const ttl = 5 * time.Minute

// ServeHTTP shows the file, or gives it another name. The address holds the place in the list
// that the page leads back to.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.UI.ServeForm(w, r, f.show, f.rename)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	f.render(w, r, ui.Problem{})
}

// rename gives the file the name that the form has.
func (f Function) rename(w http.ResponseWriter, r *http.Request) {
	id, err := files.ParseID(r.PathValue("id"))
	if err == nil {
		_, err = f.Files.Rename(r.Context(), auth.UserFrom(r.Context()).ID, id, r.PostForm.Get("name"))
	}
	switch {
	case fault.Is(err, fault.Invalid):
		f.render(w, r, ui.Problem{Text: fault.Of(err).Message, Fields: []string{"name"}})
	case err != nil:
		f.UI.Fail(w, r, err)
	default:
		http.Redirect(w, r, place.Of(r.URL.Query()).File(id), http.StatusSeeOther)
	}
}

// render shows the file as it is now, and what was wrong with the form that renames it.
func (f Function) render(w http.ResponseWriter, r *http.Request, problem ui.Problem) {
	news := f.Live.From(live.Path) // since before the file is read
	v, err := f.look(r)
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	v.form.Problem = problem
	page := ui.Page{
		Title: show.Printable(v.Name), Body: body(v), Style: f.Script.Style(), Script: f.Script.File(),
		Live: news, Copies: true, Origins: []string{f.Bucket.Origin()},
	}
	if v.Status == files.Processing && problem.Text == "" {
		page.Refresh = refresh
	}
	if v.framed() {
		page.FrameOrigins = page.Origins
	}
	if problem.Text != "" {
		f.UI.Refuse(w, r, problem, page)
		return
	}
	f.UI.Show(w, r, page)
}

func (f Function) look(r *http.Request) (v view, err error) {
	ctx := r.Context()
	v.place = place.Of(r.URL.Query())
	id, err := files.ParseID(r.PathValue("id"))
	if err != nil {
		return v, err
	}
	if v.Details, err = f.Files.Details(ctx, auth.UserFrom(ctx).ID, id); err != nil {
		return v, err
	}
	if v.shares, err = f.Shares.List(ctx, auth.UserFrom(ctx).ID, id); err != nil {
		return v, err
	}
	v.form = ui.Form{Name: "rename", Values: r.PostForm}
	if v.form.Values == nil {
		v.form.Values = url.Values{"name": {show.Printable(v.Name)}}
	}
	v.preview, err = preview.Of(ctx, f.Bucket, v.File, ttl)
	return v, err
}
