package deleteownerless_test

import (
	"testing"

	"switchyard/functions/jobs/files/deleteownerless"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// Outside of a durable host each step just runs.
func TestDeleteOwnerless(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteownerless.Function{Files: d.Files, Events: d.Events}
	for range 249 {
		d.Create(t, "upload under way", []byte("x"))
	}
	d.Upload(t, "processing", []byte("hello"))
	gone := d.User
	d.User = authtest.User(t, d.DB)
	kept := d.Create(t, "kept", []byte("x"))
	authtest.Delete(t, d.DB, gone)
	for range 2 { // an event may arrive twice
		if _, err := f.Handle(t.Context(), &auth.UserDeleted{UserID: gone.ID}); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.Published(t, files.EventDeleted); n != 250 {
		t.Errorf("%d events, want 250", n)
	}
	if left := d.List(t); len(left) != 1 || left[0].ID != kept.ID {
		t.Errorf("left are %+v", left)
	}
}

// What the event says is no reason to delete the files of somebody who is there.
func TestNotDeleted(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	d.Create(t, "kept", []byte("x"))
	f := deleteownerless.Function{Files: d.Files, Events: d.Events}
	if _, err := f.Handle(t.Context(), &auth.UserDeleted{UserID: d.User.ID}); err != nil {
		t.Fatal(err)
	}
	if left := d.List(t); len(left) != 1 {
		t.Errorf("left are %+v", left)
	}
}
