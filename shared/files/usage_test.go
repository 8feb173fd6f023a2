package files_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/live"
)

// limited is the desk with these quotas.
func (d desk) limited(t *testing.T, q files.Quota) desk {
	t.Helper()
	hub, err := live.Open(t.Context(), d.db)
	if err != nil {
		t.Fatal(err)
	}
	if d.Store, err = files.Open(t.Context(), q, config.AuthNames{}, d.db, hub); err != nil {
		t.Fatal(err)
	}
	return d
}

// uses checks what the files of owner take.
func (d desk) uses(t *testing.T, owner string, bytes int64, n int) {
	t.Helper()
	u, err := d.Usage(t.Context(), owner)
	if err != nil || u.Bytes != bytes || u.Files != n {
		t.Errorf("usage is %+v, %v, want %d bytes in %d files", u, err, bytes, n)
	}
}

// register registers so many files at once and returns how many there was room for.
func (d desk) register(t *testing.T, times int, n files.New) (made int) {
	t.Helper()
	errs := make([]error, times)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = d.Create(context.WithoutCancel(t.Context()), d.bus, d.owner, n) })
	}
	all.Wait()
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case !fault.Is(err, fault.Conflict):
			t.Errorf("Create: %v, want Conflict", err)
		}
	}
	return made
}

func TestQuotaAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		quota files.Quota
		n     files.New
		want  int
	}{
		"bytes":         {files.Quota{Bytes: 50 << 30}, files.New{Name: "a", Size: files.MaxSize}, 10},
		"files":         {files.Quota{Files: 7}, files.New{Name: "a"}, 7},
		"first too big": {files.Quota{Bytes: 1}, files.New{Name: "a", Size: 2}, 0},
		"no limit":      {files.Quota{}, files.New{Name: "a", Size: files.MaxSize}, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t).limited(t, tt.quota)
			if made := d.register(t, 30, tt.n); made != tt.want {
				t.Errorf("%d files of 30 were registered, want %d", made, tt.want)
			}
			d.uses(t, d.owner, int64(tt.want)*tt.n.Size, tt.want)
		})
	}
}

// exec changes the tables by hand.
func (d desk) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := d.db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// Whatever deletes a file that nobody can send any more gives its room back.
func TestRoomIsGivenBack(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t).limited(t, files.Quota{Bytes: 10, Files: 2})
	other := authtest.User(t, d.db).ID
	if _, err := d.Create(ctx, d.bus, other, files.New{Name: "of another", Size: 10}); err != nil {
		t.Fatal(err)
	}
	for name, remove := range map[string]func(f files.File) error{
		"Delete": func(f files.File) error { return d.Delete(ctx, d.bus, d.owner, f.ID) },
		"DeleteInfected": func(f files.File) error {
			_, err := d.DeleteInfected(ctx, d.bus, f.ID)
			return err
		},
	} {
		f := d.create(t, files.New{Name: "a", Size: 10})
		if _, err := d.Create(ctx, d.bus, d.owner, files.New{Name: "b", Size: 1}); !fault.Is(err, fault.Conflict) {
			t.Errorf("one more: %v, want Conflict", err)
		}
		d.uses(t, d.owner, 10, 1)
		d.exec(t, `UPDATE file SET created_at = now() - interval '1 hour'`)
		if err := remove(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d.uses(t, d.owner, 0, 0)
	}
	d.uses(t, other, 10, 1)
	d.create(t, files.New{Name: "a", Size: 3})
	d.create(t, files.New{Name: "b", Size: 4})
	d.exec(t, `UPDATE file SET created_at = now() - interval '1 hour'`)
	if n, err := d.DeleteAbandoned(ctx, d.bus, time.Now().Add(time.Hour), 100); err != nil || n != 3 {
		t.Errorf("deleted %d, %v, want 3", n, err)
	}
	d.uses(t, d.owner, 0, 0)
	d.uses(t, other, 0, 0)
}

// A user's files may be older than the table that counts them.
func TestRecount(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	d.create(t, files.New{Name: "a", Size: 3})
	d.exec(t, `DELETE FROM file_usage`)
	d.uses(t, d.owner, 3, 1)
	if made := d.register(t, 10, files.New{Name: "b", Size: 1}); made != 10 {
		t.Errorf("%d files, want 10", made)
	}
	d.uses(t, d.owner, 13, 11)

	d.exec(t, `UPDATE file_usage SET bytes = 99, files = 99`)
	if n, err := d.Recount(ctx, time.Now().Add(-time.Hour), 100); err != nil || n != 0 {
		t.Errorf("counted %d users, %v, though it was not long ago", n, err)
	}
	d.uses(t, d.owner, 99, 99)
	then := time.Now().Add(time.Hour)
	if n, err := d.Recount(ctx, then, 100); err != nil || n != 1 {
		t.Errorf("counted %d users, %v, want 1", n, err)
	}
	d.uses(t, d.owner, 13, 11)
}

// While files come and go, no count is lost to one that is made of the files themselves.
func TestRecountMeanwhile(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 10 {
				f, err := d.Create(ctx, d.bus, d.owner, files.New{Name: "a", Size: 2})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := d.Create(ctx, d.bus, d.owner, files.New{Name: "b", Size: 3}); err != nil {
					t.Error(err)
				}
				if err := d.Delete(ctx, d.bus, d.owner, f.ID); err != nil {
					t.Error(err)
				}
				if _, err := d.db.Exec(ctx, `UPDATE file_held SET until = now() WHERE file = $1`, f.ID); err != nil {
					t.Error(err)
				}
				if err := d.Free(ctx, f.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Go(func() {
		for range 20 {
			if _, err := d.Recount(ctx, time.Now().Add(time.Hour), 100); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	d.uses(t, d.owner, 120, 40)
}

func TestUsageIsGone(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	gone := authtest.User(t, d.db)
	if _, err := d.Create(ctx, d.bus, gone.ID, files.New{Name: "a", Size: 1}); err != nil {
		t.Fatal(err)
	}
	authtest.Delete(t, d.db, gone)
	if _, err := d.DeleteOwnerless(ctx, d.bus, 100); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM file_usage`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows of usage, %v, want none", n, err)
	}
}
