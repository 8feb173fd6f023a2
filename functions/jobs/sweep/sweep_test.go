package sweep_test

import (
	"testing"

	"switchyard/functions/jobs/sweep"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestSweep(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := sweep.Function{Files: d.Files, Events: d.Events}
	for range 250 {
		d.Create(t, "old", nil)
	}
	if _, err := d.DB.Exec(t.Context(), `UPDATE file SET created_at = now() - interval '25 hours'`); err != nil {
		t.Fatal(err)
	}
	kept := d.Create(t, "new", nil)
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
	f := sweep.Function{Files: d.Files, Events: d.Events}
	for range 120 {
		d.Create(t, "a", nil)
	}
	gone := d.User
	d.User = authtest.User(t, d.DB)
	kept := d.Create(t, "kept", nil)
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
