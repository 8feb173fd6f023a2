// Package filestest gives tests a file desk: real database, real bucket, a user
// who owns files, and a bus that keeps in the outbox what is published.
package filestest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/bucket"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/callrate"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/script"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
	"switchyard/shared/live"
	"switchyard/shared/ui"
)

// Main runs the tests, stops what they started, and exits. It is all of a
// TestMain.
func Main(m *testing.M) {
	os.Exit(dbtest.Run(func() int { return buckettest.Run(m.Run) }))
}

// Desk is a file desk of a test's own.
type Desk struct {
	DB     *db.DB
	Live   *live.Hub // nobody listens
	Files  *files.Store
	Shares *shares.Store
	Bucket *bucket.Bucket
	Events *events.Bus
	Script *script.Assets
	UI     *ui.Kit
	User   auth.User // whose files the desk's methods make
}

// New returns an empty desk.
func New(tb testing.TB) *Desk {
	tb.Helper()
	d := &Desk{DB: dbtest.New(tb), Bucket: buckettest.New(tb)}
	var err error
	if d.Live, err = live.Open(tb.Context(), d.DB); err != nil {
		tb.Fatal(err)
	}
	if d.Files, err = files.Open(tb.Context(), files.Quota{}, d.DB, d.Live); err != nil {
		tb.Fatal(err)
	}
	rates, err := callrate.Open(tb.Context(), d.DB)
	if err != nil {
		tb.Fatal(err)
	}
	if d.Shares, err = shares.Open(tb.Context(), d.DB, config.AuthNames{}, d.Files, d.Live, rates, config.Site{}); err != nil {
		tb.Fatal(err)
	}
	if d.Events, err = events.Open(tb.Context(), config.Events{Key: "key"}, d.DB); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = d.Events.Close() })
	if d.Script, err = script.Open(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if d.UI, err = ui.Open(tb.Context(), fn.Project{Name: "desk", Title: "File desk"}); err != nil {
		tb.Fatal(err)
	}
	d.User = authtest.User(tb, d.DB)
	return d
}

// Create registers a file of body's size, whose bytes are not sent yet. An empty one is
// processing.
func (d *Desk) Create(tb testing.TB, name string, body []byte) files.File {
	tb.Helper()
	f, err := d.Files.Create(tb.Context(), d.Events, d.User.ID, files.New{Name: name, Size: int64(len(body))})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// Send puts body into the bucket as the bytes of f.
func (d *Desk) Send(tb testing.TB, f files.File, body []byte) {
	tb.Helper()
	if err := d.Bucket.Put(tb.Context(), f.Key, bytes.NewReader(body), int64(len(body)), f.Type); err != nil {
		tb.Fatal(err)
	}
}

// SendPart puts a part of f, whose bytes are body, into the bucket.
func (d *Desk) SendPart(tb testing.TB, f files.File, number int, body []byte) {
	tb.Helper()
	f = d.Get(tb, f.ID)
	if f.Upload == "" {
		begun, err := d.Bucket.Begin(tb.Context(), f.Key, f.Type)
		if err != nil {
			tb.Fatal(err)
		}
		if f, err = d.Files.BeginUpload(tb.Context(), d.User.ID, f.ID, "", begun.ID); err != nil {
			tb.Fatal(err)
		}
	}
	offset, size := f.Part(number)
	r, err := d.Bucket.PresignPart(tb.Context(), bucket.Upload{Key: f.Key, ID: f.Upload}, number, size, time.Minute)
	if err != nil {
		tb.Fatal(err)
	}
	req, err := http.NewRequestWithContext(tb.Context(), r.Method, r.URL, bytes.NewReader(body[offset:offset+size]))
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		tb.Fatalf("send part %d: status %d", number, resp.StatusCode)
	}
}

// Upload registers a file, sends its bytes, if it has any, and completes it: it is
// processing.
func (d *Desk) Upload(tb testing.TB, name string, body []byte) files.File {
	tb.Helper()
	f := d.Create(tb, name, body)
	if len(body) == 0 {
		return f
	}
	d.Send(tb, f, body)
	f, err := d.Files.Complete(tb.Context(), d.Events, d.User.ID, f.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// Ready makes a file whose bytes are pinned, and which is processed, with this result.
func (d *Desk) Ready(tb testing.TB, name string, body []byte, r files.Result) files.File {
	tb.Helper()
	f := d.Upload(tb, name, body)
	key := files.NewPinnedKey(f.ID)
	if len(body) > 0 {
		if err := d.Bucket.Copy(tb.Context(), f.Key, key); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := d.Files.Pin(tb.Context(), d.User.ID, f.ID, key); err != nil {
		tb.Fatal(err)
	}
	f, err := d.Files.Finish(tb.Context(), d.Events, d.User.ID, f.ID, r)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// Get returns the file with this id as it is now.
func (d *Desk) Get(tb testing.TB, id uuid.UUID) files.File {
	tb.Helper()
	f, err := d.Files.Get(tb.Context(), d.User.ID, id)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// List returns the user's files, newest first.
func (d *Desk) List(tb testing.TB) []files.File {
	tb.Helper()
	page, err := d.Files.List(tb.Context(), files.Query{Owner: d.User.ID, Limit: files.MaxLimit})
	if err != nil {
		tb.Fatal(err)
	}
	return page.Files
}

// Has reports whether there is an object at key.
func (d *Desk) Has(tb testing.TB, key string) bool {
	tb.Helper()
	_, err := d.Bucket.Head(tb.Context(), key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		tb.Fatal(err)
	}
	return err == nil
}

// Published returns how many events of this name were published.
func (d *Desk) Published(tb testing.TB, name string) (n int) {
	tb.Helper()
	if err := d.DB.QueryRow(tb.Context(), `SELECT count(*) FROM outbox WHERE name = $1`, name).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// Ask returns what the page at a route answers u at path: to GET, or if there is a form, to
// POST of it.
func Ask(tb testing.TB, u auth.User, route string, page http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	tb.Helper()
	mux := http.NewServeMux()
	mux.Handle(route, page)
	r := httptest.NewRequestWithContext(authtest.As(tb, u), http.MethodGet, path, nil)
	if form != nil {
		r = httptest.NewRequestWithContext(r.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}
