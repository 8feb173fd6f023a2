package deleteabandoned_test

import (
	"testing"

	"switchyard/functions/jobs/files/deleteabandoned"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestDeleteAbandoned(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteabandoned.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	for range 250 {
		d.Create(t, "old", []byte("x"))
	}
	if _, err := d.DB.Exec(t.Context(), `UPDATE file SET created_at = now() - interval '25 hours', updated_at = now() - interval '25 hours'`); err != nil {
		t.Fatal(err)
	}
	kept := d.Create(t, "new", []byte("x"))
	if err := f.Handle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := d.List(t); len(left) != 1 || left[0].ID != kept.ID {
		t.Errorf("left are %+v", left)
	}
	if n := d.Published(t, files.EventDeleted); n != 250 {
		t.Errorf("%d events, want 250", n)
	}
}

// Somebody else who deletes an account says nothing of it.
func TestOwnerless(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteabandoned.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	for range 120 {
		d.Create(t, "a", []byte("x"))
	}
	gone := d.User
	d.User = authtest.User(t, d.DB)
	kept := d.Create(t, "kept", []byte("x"))
	authtest.Delete(t, d.DB, gone)
	for range 2 {
		if err := f.Handle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if left := d.List(t); len(left) != 1 || left[0].ID != kept.ID {
		t.Errorf("left are %+v", left)
	}
	if n := d.Published(t, files.EventDeleted); n != 120 {
		t.Errorf("%d events, want 120", n)
	}
}

// What is sent again to a file that is pinned, or gone, is nobody's.
func TestLateUploads(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteabandoned.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	uploading, arrived := d.Create(t, "a", []byte("x")), d.Upload(t, "b", []byte("x"))
	pinned, gone := d.Upload(t, "c", []byte("x")), d.Create(t, "d", []byte("x"))
	if _, err := d.Files.Pin(t.Context(), d.User.ID, pinned.ID, files.NewPinnedKey(pinned.ID)); err != nil {
		t.Fatal(err)
	}
	if err := d.Files.Delete(t.Context(), d.Events, d.User.ID, gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, file := range []files.File{uploading, arrived, pinned, gone} {
		d.Send(t, file, []byte("x"))
	}
	if err := f.Handle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		file files.File
		want bool
	}{"uploading": {uploading, true}, "arrived": {arrived, true}, "pinned": {pinned, false}, "gone": {gone, false}} {
		if got := d.Has(t, files.UploadKey(tt.file.ID)); got != tt.want {
			t.Errorf("%s: the bytes are there: %t, want %t", name, got, tt.want)
		}
	}
}

// Parts of uploads that no file awaits are nobody's.
func TestBroken(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteabandoned.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	awaited, gone := d.Create(t, "a", []byte("x")), d.Create(t, "b", []byte("x"))
	if err := d.Files.Delete(t.Context(), d.Events, d.User.ID, gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, file := range []files.File{awaited, gone} {
		if _, err := d.Bucket.Begin(t.Context(), file.Key, file.Type); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Handle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := d.Bucket.Uploads(t.Context(), "", ""); err != nil || len(left) != 1 || left[0].Key != awaited.Key {
		t.Errorf("left are %+v, %v", left, err)
	}
}
