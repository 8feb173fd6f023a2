// Package shared is what a link to a file leads to, for anybody who has it.
package shared

import (
	"net/http"
	"net/url"
	"time"

	"switchyard/shared/bucket"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/preview"
	"switchyard/shared/files/script"
	"switchyard/shared/files/shares"
	"switchyard/shared/files/show"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:         shares.Path + "{token}",
	Summary:       "A file that somebody has shared",
	Access:        fn.Public,
	AnyOrigin:     true, // the token says all, and no-referrer has browsers send no Origin
	Timeout:       15 * time.Second,
	MaxBody:       4 << 10,
	MaxConcurrent: 64,
	RateLimit:     fn.Rate{Limit: 60, Per: time.Minute},
}

// Function shows shared files.
type Function struct {
	Shares *shares.Store
	Files  *files.Store
	Bucket *bucket.Bucket
	Script *script.Assets
	UI     *ui.Kit
	Client config.Client
}

// ttl is how long the addresses of a shared file's bytes work: not much longer than its link.
const ttl = 5 * time.Minute

// view is what the page shows.
type view struct {
	locked  bool   // the password is to be said first
	ticket  string // in place of it
	bytes   string // where they are, for as long as the link works
	form    ui.Form
	file    files.File
	preview preview.Preview
	visit   shares.Visit
}

// ServeHTTP shows the file, or asks for the password; by a form it takes that, or leads to the
// bytes.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	f.UI.ServeForm(w, r, f.show, f.submit)
}

func (f Function) show(w http.ResponseWriter, r *http.Request) {
	v, err := f.Shares.Visit(r.Context(), r.PathValue("token"))
	switch {
	case err != nil:
		f.UI.Fail(w, r, err)
	case v.Protected:
		f.ask(w, r, ui.Problem{})
	default:
		f.open(w, r, v)
	}
}

func (f Function) submit(w http.ResponseWriter, r *http.Request) {
	v, err := f.Shares.Visit(r.Context(), r.PathValue("token"))
	admitted := err == nil && v.Admits(r.PostForm.Get("ticket"))
	said := r.PostForm.Has("password")
	if err == nil && !admitted && said {
		from, _ := f.Client.Trust().Of(r)
		err = f.Shares.Opens(r.Context(), v, from, r.PostForm.Get("password"))
	}
	switch {
	case err == nil && !admitted && !said:
		f.ask(w, r, ui.Problem{Text: "You have entered the password some time ago. Enter it again.", Fields: []string{"password"}, Status: http.StatusForbidden})
	case fault.Is(err, fault.Unauthorized):
		f.ask(w, r, ui.Problem{Text: fault.Of(err).Message, Fields: []string{"password"}, Status: http.StatusForbidden})
	case fault.Is(err, fault.TooMany):
		f.ask(w, r, ui.ProblemOf(err))
	case err != nil:
		f.UI.Fail(w, r, err)
	case r.PostForm.Get("action") == "download" && admitted:
		f.download(w, r, v)
	default:
		f.open(w, r, v)
	}
}

// ask asks for the password. Until it is said, nothing of the file is told.
func (f Function) ask(w http.ResponseWriter, r *http.Request, problem ui.Problem) {
	page := ui.Page{Title: "A shared file", Body: body(view{locked: true, form: ui.Form{Name: "open", Problem: problem}}), Style: f.Script.Style()}
	if problem.Text != "" {
		f.UI.Refuse(w, r, problem, page)
		return
	}
	f.UI.Show(w, r, page)
}

// open shows the file, and counts that.
func (f Function) open(w http.ResponseWriter, r *http.Request, visit shares.Visit) {
	v := view{visit: visit, ticket: visit.Ticket()}
	v.bytes = shares.Path + r.PathValue("token") + shares.Bytes
	if v.ticket != "" {
		v.bytes += "?" + url.Values{"ticket": {v.ticket}}.Encode()
	}
	var err error
	if v.file, err = f.Files.Get(r.Context(), visit.Owner, visit.FileID); err == nil {
		v.preview, err = preview.Of(r.Context(), f.Bucket, v.file, ttl)
	}
	if err == nil && r.Method != http.MethodHead {
		err = f.Shares.Count(r.Context(), visit, shares.Views)
	}
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	v.file.Thumbnail = false // those are for the owner alone
	origins := []string{f.Bucket.Origin()}
	f.UI.Show(w, r, ui.Page{
		Title: show.Printable(v.file.Name), Body: body(v), Style: f.Script.Style(), Script: f.Script.Media(),
		Origins: origins, FrameOrigins: origins, FormOrigins: origins,
	})
}

// download leads to the bytes, and counts that.
func (f Function) download(w http.ResponseWriter, r *http.Request, visit shares.Visit) {
	file, err := f.Files.Get(r.Context(), visit.Owner, visit.FileID)
	var address string
	if err == nil {
		address, err = f.Bucket.PresignGet(r.Context(), file.Key, ttl, bucket.GetOptions{Filename: file.Name, Type: file.Type})
	}
	if err == nil {
		err = f.Shares.Count(r.Context(), visit, shares.Downloads)
	}
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
}
