package files_test

import (
	"sync"
	"testing"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// A request that is repeated makes one file, also while it is made.
func TestRepeatedRequest(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t).limited(t, files.Quota{Files: 1})
	n := files.New{Name: "a", Size: 5, Type: "image/png", Request: "key"}
	made := make([]files.File, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			var err error
			if made[i], err = d.Create(ctx, d.bus, d.owner, n); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, f := range made {
		if f.ID != made[0].ID {
			t.Errorf("%s was made, and %s", made[0].ID, f.ID)
		}
	}
	d.uses(t, d.owner, 5, 1)

	// What becomes of the file does not change what the request was.
	if _, err := d.Complete(ctx, d.bus, d.owner, made[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Finish(ctx, d.bus, d.owner, made[0].ID, files.Result{Type: "text/plain"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Rename(ctx, d.owner, made[0].ID, "b"); err != nil {
		t.Fatal(err)
	}
	if f, err := d.Create(ctx, d.bus, d.owner, n); err != nil || f.ID != made[0].ID || f.Status != files.Ready {
		t.Errorf("later: %+v, %v", f, err)
	}

	for name, other := range map[string]files.New{
		"name": {Name: "b", Size: 5, Type: "image/png"}, "size": {Name: "a", Size: 6, Type: "image/png"}, "type": {Name: "a", Size: 5},
	} {
		other.Request = n.Request
		if _, err := d.Create(ctx, d.bus, d.owner, other); !fault.Is(err, fault.Invalid) || len(fault.Of(err).Issues) != 1 {
			t.Errorf("another %s: %v, want Invalid", name, err)
		}
	}
	if f, err := d.Create(ctx, d.bus, authtest.User(t, d.db).ID, n); err != nil || f.ID == made[0].ID {
		t.Errorf("the same key of somebody else: %+v, %v", f, err)
	}
	if err := d.Delete(ctx, d.bus, d.owner, made[0].ID); err != nil {
		t.Fatal(err)
	}
	d.exec(t, `DELETE FROM file_held`)
	d.exec(t, `UPDATE file_usage SET bytes = 0, files = 0`)
	if f, err := d.Create(ctx, d.bus, d.owner, n); err != nil || f.ID == made[0].ID {
		t.Errorf("after it is deleted: %+v, %v", f, err)
	}
}
