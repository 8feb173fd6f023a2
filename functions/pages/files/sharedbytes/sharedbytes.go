// Package sharedbytes leads to the bytes of a file that somebody has shared, for the page that
// shows it: a film is asked for again and again while one looks at it.
package sharedbytes

import (
	"cmp"
	"context"
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
	address := ""
	if err == nil {
		address, err = f.address(r.Context(), visit)
	}
	if err != nil {
		f.UI.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, cmp.Or(address, shares.Path+token), http.StatusSeeOther)
}

// address returns where the bytes of the visited file are; "" if pages do not show it.
func (f Function) address(ctx context.Context, visit shares.Visit) (string, error) {
	file, err := f.Files.Get(ctx, visit.Owner, visit.FileID)
	if err != nil {
		return "", err
	}
	p, err := preview.Of(ctx, f.Bucket, file, ttl)
	return p.URL, err
}

// fromHere reports whether a page of ours has asked, as far as the browser says.
func fromHere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin"
}
