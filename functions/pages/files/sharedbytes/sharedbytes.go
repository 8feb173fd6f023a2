// Package sharedbytes leads to the bytes of a file that somebody has shared, for the page that
// shows it: a film is asked for again and again while one looks at it.
package sharedbytes

import (
	"net/http"
	"time"

	"switchyard/shared/bucket"
	"switchyard/shared/files"
	"switchyard/shared/files/preview"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var Spec = fn.Page{
	Route:         "GET " + shares.Path + "{token}" + shares.Bytes,
	Summary:       "What the page of a shared file shows of it",
	Access:        fn.Public,
	Timeout:       10 * time.Second,
	MaxConcurrent: 64,
	RateLimit:     fn.Rate{Limit: 240, Per: time.Minute}, // some players ask at each leap
}

// Function leads to bytes.
type Function struct {
	Shares *shares.Store
	Files  *files.Store
	Bucket *bucket.Bucket
	UI     *ui.Kit
}

// ttl is how long an address works: not much longer than its link.
const ttl = 5 * time.Minute

// ServeHTTP leads to the bucket, with an address that is new each time. It counts nothing: the page
// has. So who does not come from there is sent to it, and so is whoever has to say the password.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	token := r.PathValue("token")
	visit, err := f.Shares.Visit(r.Context(), token)
	if err == nil && (!fromHere(r) || !visit.Admits(r.URL.Query().Get("ticket"))) {
		http.Redirect(w, r, shares.Path+token, http.StatusSeeOther)
		return
	}
	var file files.File
	if err == nil {
		file, err = f.Files.Get(r.Context(), visit.Owner, visit.FileID)
	}
	var p preview.Preview
	if err == nil {
		p, err = preview.Of(r.Context(), f.Bucket, file, ttl)
	}
	switch {
	case err != nil:
		f.UI.Fail(w, r, err)
	case p.URL == "":
		http.Redirect(w, r, shares.Path+token, http.StatusSeeOther)
	default:
		http.Redirect(w, r, p.URL, http.StatusSeeOther)
	}
}

// fromHere reports whether a page of ours has asked, as far as the browser says.
func fromHere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin"
}
