package files_test

import (
	"testing"
	"time"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// Who registers, deletes and sends all the same has no more room than others.
func TestHeld(t *testing.T) {
	t.Parallel()
	large := files.New{Name: "a", Size: files.PartSize + 1}
	begun := func(d desk, f files.File) error {
		_, err := d.BeginUpload(t.Context(), d.owner, f.ID, "", "upload")
		return err
	}
	complete := func(d desk, f files.File) error {
		_, err := d.Complete(t.Context(), d.bus, d.owner, f.ID)
		return err
	}
	old := func(d desk, _ files.File) error {
		_, err := d.db.Exec(t.Context(), `UPDATE file SET created_at = now() - interval '16 minutes'`)
		return err
	}
	for name, tt := range map[string]struct {
		n      files.New
		before func(desk, files.File) error // the file is deleted
		held   bool
		freed  bool // once its objects are removed
	}{
		"sent in one request":       {n: files.New{Name: "a", Size: 5}, held: true},
		"the same, and completed":   {n: files.New{Name: "a", Size: 5}, before: complete, held: true},
		"its URL has ended":         {n: files.New{Name: "a", Size: 5}, before: old},
		"empty":                     {n: files.New{Name: "a"}},
		"parts":                     {n: large, before: begun, held: true, freed: true},
		"parts that were not begun": {n: large},
		"parts that are assembled": {n: large, before: func(d desk, f files.File) error {
			if err := begun(d, f); err != nil {
				return err
			}
			return complete(d, f)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, d := t.Context(), newDesk(t).limited(t, files.Quota{Files: 1})
			f := d.create(t, tt.n)
			if tt.before != nil {
				if err := tt.before(d, f); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.Delete(ctx, d.bus, d.owner, f.ID); err != nil {
				t.Fatal(err)
			}
			counts := func(still bool) {
				t.Helper()
				if still {
					d.uses(t, d.owner, tt.n.Size, 1)
					if u, err := d.Usage(t.Context(), d.owner); err != nil || u.Deleted != 1 {
						t.Errorf("usage is %+v, %v, want 1 that is deleted", u, err)
					}
					if _, err := d.Create(t.Context(), d.bus, d.owner, tt.n); !fault.Is(err, fault.Conflict) {
						t.Errorf("another one: %v, want Conflict", err)
					}
					return
				}
				d.uses(t, d.owner, 0, 0)
			}
			counts(tt.held)
			if _, err := d.Recount(ctx, time.Now().Add(time.Hour), 100); err != nil {
				t.Fatal(err)
			}
			counts(tt.held)
			for range 2 {
				if err := d.Free(ctx, f.ID); err != nil {
					t.Fatal(err)
				}
				counts(tt.held && !tt.freed)
			}
			d.exec(t, `UPDATE file_held SET until = now()`)
			if err := d.Free(ctx, f.ID); err != nil {
				t.Fatal(err)
			}
			d.create(t, tt.n)
		})
	}
}

// What nobody frees is freed by and by, also of an account that is gone.
func TestFreeLost(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	gone := authtest.User(t, d.db)
	for range 2 {
		for _, owner := range []string{d.owner, gone.ID} {
			f, err := d.Create(ctx, d.bus, owner, files.New{Name: "a", Size: 5})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Delete(ctx, d.bus, owner, f.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.uses(t, d.owner, 10, 2)
	authtest.Delete(t, d.db, gone)
	for _, step := range []struct {
		then time.Duration
		want int
	}{{0, 0}, {time.Hour, 3}, {time.Hour, 1}, {time.Hour, 0}} {
		if n, err := d.FreeLost(ctx, time.Now().Add(step.then), 3); err != nil || n != step.want {
			t.Errorf("%s on: %d, %v, want %d", step.then, n, err, step.want)
		}
	}
	d.uses(t, d.owner, 0, 0)
}
