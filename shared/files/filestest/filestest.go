// Package filestest gives tests a file desk: real database, real bucket, a user
// who owns files, and a bus that keeps in the outbox what is published.
package filestest

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/bucket"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// Main runs the tests, stops what they started, and exits. It is all of a
// TestMain.
func Main(m *testing.M) {
	os.Exit(dbtest.Run(func() int { return buckettest.Run(m.Run) }))
}

// Desk is a file desk of a test's own.
type Desk struct {
	DB     *db.DB
	Files  *files.Store
	Bucket *bucket.Bucket
	Events *events.Bus
	User   auth.User // whose files the desk's methods make
}

// New returns an empty desk.
func New(tb testing.TB) *Desk {
	tb.Helper()
	d := &Desk{DB: dbtest.New(tb), Bucket: buckettest.New(tb)}
	var err error
	if d.Files, err = files.Open(tb.Context(), d.DB); err != nil {
		tb.Fatal(err)
	}
	if d.Events, err = events.Open(tb.Context(), config.Events{Key: "key"}, d.DB); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = d.Events.Close() })
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
