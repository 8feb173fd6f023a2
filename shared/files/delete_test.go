package files_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
)

func TestDeleteAbandoned(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	var old []string
	for range 5 {
		f := d.create(t, files.New{Name: "old", Size: 1})
		if _, err := d.db.Exec(ctx, `UPDATE file SET created_at = now() - interval '2 days', updated_at = now() - interval '2 days' WHERE id = $1`, f.ID); err != nil {
			t.Fatal(err)
		}
		old = append(old, f.ID.String())
	}
	done := d.create(t, files.New{Name: "completed", Size: 1})
	if _, err := d.Complete(ctx, d.bus, d.owner, done.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec(ctx, `UPDATE file SET created_at = now() - interval '2 days', updated_at = now() - interval '2 days' WHERE id = $1`, done.ID); err != nil {
		t.Fatal(err)
	}
	d.create(t, files.New{Name: "new", Size: 1})
	slow := d.create(t, files.New{Name: "slow", Size: files.MaxSize})
	if _, err := d.db.Exec(ctx, `UPDATE file SET created_at = now() - interval '2 days', updated_at = now() - interval '2 days' WHERE id = $1`, slow.ID); err != nil {
		t.Fatal(err)
	}
	if f, err := d.Sending(ctx, d.owner, slow.ID); err != nil || f.ID != slow.ID { // it goes on
		t.Fatalf("%+v, %v", f, err)
	}

	day := time.Now().Add(-24 * time.Hour)
	for _, want := range []int{3, 2, 0} {
		if n, err := d.DeleteAbandoned(ctx, d.bus, day, 3); err != nil || n != want {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
	var want []string
	for _, id := range old {
		want = append(want, "file/deleted "+id)
	}
	want = append(want, "file/uploaded "+done.ID.String())
	if diff := cmp.Diff(want, d.published(t)); diff != "" {
		t.Errorf("published: %s", diff)
	}
	if page, err := d.List(ctx, files.Query{Owner: d.owner}); err != nil || len(page.Files) != 3 {
		t.Errorf("%d files are left, %v, want 3", len(page.Files), err)
	}
}

func TestDeletedSaysWhenTheUploadEnds(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a", Size: 1})
	if err := d.Delete(ctx, d.bus, d.owner, f.ID); err != nil {
		t.Fatal(err)
	}
	var ends time.Time
	if err := d.db.QueryRow(ctx, `SELECT (data->>'uploadEnds')::timestamptz FROM outbox`).Scan(&ends); err != nil {
		t.Fatal(err)
	}
	if want := f.CreatedAt.Add(files.UploadTTL); !ends.Equal(want) {
		t.Errorf("got %s, want %s", ends, want)
	}
}

// A step that looks at the file may write something after its upload has ended.
func TestDeletedWhileProcessing(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "empty"})
	if _, err := d.db.Exec(ctx, `UPDATE file SET created_at = now() - interval '1 day'`); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(ctx, d.bus, d.owner, f.ID); err != nil {
		t.Fatal(err)
	}
	var later bool
	if err := d.db.QueryRow(ctx, `SELECT (data->>'uploadEnds')::timestamptz > now() FROM outbox WHERE name = $1`, files.EventDeleted).Scan(&later); err != nil || !later {
		t.Errorf("objects are deleted once: %v", err)
	}
}

// Of an account that is gone all files are removed, and no others.
func TestDeleteOwnerless(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	gone := authtest.User(t, d.db)
	var want []string
	for range 5 {
		f, err := d.Create(ctx, d.bus, gone.ID, files.New{Name: "a", Size: 1})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, "file/deleted "+f.ID.String())
	}
	kept := d.create(t, files.New{Name: "kept", Size: 1})
	if n, err := d.DeleteOwnerless(ctx, d.bus, 3); err != nil || n != 0 {
		t.Errorf("deleted %d, %v, before the account was", n, err)
	}
	authtest.Delete(t, d.db, gone)
	for _, want := range []int{3, 2, 0} {
		if n, err := d.DeleteOwnerless(ctx, d.bus, 3); err != nil || n != want {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
	if diff := cmp.Diff(want, d.published(t)); diff != "" {
		t.Errorf("published: %s", diff)
	}
	if _, err := d.Get(ctx, d.owner, kept.ID); err != nil {
		t.Errorf("a file of somebody else: %v", err)
	}
}
