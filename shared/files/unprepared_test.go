package files_test

import (
	"testing"
	"time"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/files"
)

// The ways of four files, where nothing is prepared.
func TestUnprepared(t *testing.T) {
	t.Parallel()
	for mode, conn := range dbtest.Unprepared(t) {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			ctx, d := t.Context(), newDeskIn(t, conn)
			must := func(_ any, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			count := func(what string, n int, err error) {
				t.Helper()
				if err != nil || n != 1 {
					t.Errorf("%s: %d, %v, want 1", what, n, err)
				}
			}
			f := d.create(t, files.New{Name: "a picture", Size: 5, Request: "r"})
			d.create(t, files.New{Name: "a picture", Size: 5, Request: "r"})
			must(d.Sending(ctx, d.owner, f.ID))
			must(d.BeginUpload(ctx, d.owner, f.ID, "", "upload"))
			must(d.Complete(ctx, d.bus, d.owner, f.ID))
			must(d.Awaited(ctx, nil))
			must(d.Pin(ctx, d.owner, f.ID, "pinned"))
			must(nil, d.Step(ctx, d.owner, f.ID, files.Step{Name: files.StepDigest, State: files.StepRunning, Progress: 50}))
			must(nil, d.Excerpt(ctx, d.owner, f.ID, "It begins."))
			must(d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{Type: "image/png", Width: 3, Height: 2, Thumbnail: true}))
			must(d.Rename(ctx, d.owner, f.ID, "another picture"))
			got, err := d.Details(ctx, d.owner, f.ID)
			if err != nil || got.Excerpt != "It begins." || got.Width != 3 || got.Name != "another picture" || len(got.Steps) != 4 {
				t.Errorf("details: %+v, %v", got, err)
			}
			list, err := d.List(ctx, files.Query{Owner: d.owner, Search: "picture other", Status: files.Ready, Kind: files.Picture})
			count("found", len(list.Files), err)

			d.create(t, files.New{Name: "processing"})
			lost, err := d.FailLost(ctx, d.bus, time.Now().Add(time.Hour), 10)
			count("lost", lost, err)
			d.create(t, files.New{Name: "uploading", Size: 7})
			abandoned, err := d.DeleteAbandoned(ctx, d.bus, time.Now().Add(time.Hour), 10)
			count("abandoned", abandoned, err)
			freed, err := d.FreeLost(ctx, time.Now().Add(time.Hour), 10)
			count("freed", freed, err)
			counted, err := d.Recount(ctx, time.Now().Add(time.Hour), 10)
			count("counted", counted, err)
			must(nil, d.Delete(ctx, d.bus, d.owner, f.ID))
			if u, err := d.Usage(ctx, d.owner); err != nil || u.Files != 2 || u.Bytes != 5 || u.Deleted != 1 {
				t.Errorf("usage: %+v, %v", u, err)
			}
		})
	}
}
