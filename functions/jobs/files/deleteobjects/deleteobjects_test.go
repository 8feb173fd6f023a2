package deleteobjects_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/functions/jobs/files/deleteobjects"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// The objects of an old file are deleted at once: Handle would not get past a sleep here, outside
// of a durable host.
func TestDeleteObjects(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteobjects.Function{Files: d.Files, Bucket: d.Bucket}
	file := d.Upload(t, "a", []byte("hello"))
	// What was sent, two tries to pin it, a thumbnail, and the bytes of an older release.
	keys := append(files.Keys(file.ID), files.NewPinnedKey(file.ID), files.NewPinnedKey(file.ID))
	for _, key := range keys {
		if err := d.Bucket.Put(t.Context(), key, strings.NewReader("x"), 1, "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Bucket.Begin(t.Context(), files.UploadKey(file.ID), "text/plain"); err != nil {
		t.Fatal(err)
	}
	in := &files.Deleted{FileID: file.ID, UploadEnds: time.Now().Add(-time.Second)}
	for range 2 {
		if _, err := f.Handle(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range keys {
		if d.Has(t, key) {
			t.Errorf("%s is still there", key)
		}
	}
	if left, err := d.Bucket.Uploads(t.Context(), "", ""); err != nil || len(left) != 0 {
		t.Errorf("uploads in parts are left: %+v, %v", left, err)
	}
	if _, err := f.Handle(t.Context(), &files.Deleted{FileID: uuid.Must(uuid.NewV7())}); err != nil {
		t.Errorf("without objects: %v", err)
	}
}

// Once the parts of a deleted file are refused, it counts no more.
func TestFree(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := deleteobjects.Function{Files: d.Files, Bucket: d.Bucket}
	body := make([]byte, files.PartSize+1)
	file := d.Create(t, "a", body)
	d.SendPart(t, file, 1, body)
	if err := d.Files.Delete(ctx, d.Events, d.User.ID, file.ID); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if u, err := d.Files.Usage(ctx, d.User.ID); err != nil || u.Files != want {
			t.Errorf("usage %+v, %v, want %d files", u, err, want)
		}
		if err := f.Delete(ctx, file.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ left, want time.Duration }{
		{-time.Hour, 0},
		{0, 0},
		{time.Second, time.Hour + time.Second},
		{15 * time.Minute, time.Hour + 15*time.Minute},
	} {
		if got := deleteobjects.Wait(now, now.Add(tt.left)); got != tt.want {
			t.Errorf("with %s left: %s, want %s", tt.left, got, tt.want)
		}
	}
}
