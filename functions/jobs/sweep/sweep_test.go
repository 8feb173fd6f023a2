package sweep_test

import (
	"testing"

	"switchyard/functions/jobs/sweep"
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
	page, err := d.Files.List(t.Context(), files.Query{})
	if err != nil || len(page.Files) != 1 || page.Files[0].ID != kept.ID {
		t.Errorf("left are %+v, %v", page.Files, err)
	}
	if n := d.Published(t, files.EventDeleted); n != 250 {
		t.Errorf("%d events, want 250", n)
	}
}
