package files_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// refuses checks that for owner the file with this id does not exist, by the very
// words with which a file that nobody has does not.
func (d desk) refuses(t *testing.T, owner string, id uuid.UUID) {
	t.Helper()
	ctx := t.Context()
	_, unknown := d.Get(ctx, d.owner, uuid.Must(uuid.NewV7()))
	_, get := d.Get(ctx, owner, id)
	_, complete := d.Complete(ctx, d.bus, owner, id)
	_, finish := d.Finish(ctx, d.bus, owner, id, files.Result{Reason: "not yours"})
	for name, err := range map[string]error{
		"Get": get, "Complete": complete, "Finish": finish, "Delete": d.Delete(ctx, d.bus, owner, id),
	} {
		if !fault.Is(err, fault.NotFound) || fault.Of(err).Message != fault.Of(unknown).Message {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
	for _, q := range []files.Query{{Owner: owner}, {Owner: owner, Status: files.Uploading}, {Owner: owner, Status: files.Processing}} {
		if page, err := d.List(ctx, q); err != nil || len(page.Files) != 0 || page.NextCursor != "" {
			t.Errorf("%+v: %+v, %v, want nothing", q, page, err)
		}
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	uploading, processing := d.create(t, files.New{Name: "a", Size: 1}), d.create(t, files.New{Name: "b", Size: 1})
	processing, err := d.Complete(ctx, d.bus, d.owner, processing.ID)
	if err != nil {
		t.Fatal(err)
	}
	before := d.published(t)
	for _, owner := range []string{authtest.User(t, d.db).ID, "nobody", "", "%", "NULL"} {
		for _, f := range []files.File{uploading, processing} {
			d.refuses(t, owner, f.ID)
		}
	}
	for _, f := range []files.File{uploading, processing} {
		got, err := d.Get(ctx, d.owner, f.ID)
		if diff := cmp.Diff(f, got); err != nil || diff != "" {
			t.Errorf("afterwards: %v %s", err, diff)
		}
	}
	if diff := cmp.Diff(before, d.published(t)); diff != "" {
		t.Errorf("published: %s", diff)
	}
}

// A cursor of somebody else's list leads to nothing of his.
func TestCursorOfOthers(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	for range 3 {
		d.create(t, files.New{Name: "a", Size: 1})
	}
	page, err := d.List(ctx, files.Query{Owner: d.owner, Limit: 1})
	if err != nil || page.NextCursor == "" {
		t.Fatal(page, err)
	}
	page, err = d.List(ctx, files.Query{Owner: authtest.User(t, d.db).ID, Cursor: page.NextCursor})
	if err != nil || len(page.Files) != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestOwnerIsGone(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	gone := authtest.User(t, d.db)
	f, err := d.Create(ctx, d.bus, gone.ID, files.New{Name: "a", Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	authtest.Delete(t, d.db, gone)
	for _, owner := range []string{gone.ID, d.owner, ""} {
		d.refuses(t, owner, f.ID)
	}
	if exists, err := d.Exists(ctx, f.ID); err != nil || !exists {
		t.Errorf("Exists = %t, %v, want it for those who clean up", exists, err)
	}
	for _, owner := range []string{gone.ID, "", "nobody"} {
		if _, err := d.Create(ctx, d.bus, owner, files.New{Name: "a", Size: 1}); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("Create for %q: %v, want Unauthorized", owner, err)
		}
	}
	var n int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM file`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d files, %v, want 1", n, err)
	}
}

// Whichever of the two comes first, no file keeps an owner who is gone, and none
// is lost sight of.
func TestDeletedWhileCreating(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	for range 10 {
		u := authtest.User(t, d.db)
		created := make(chan error, 1)
		go func() {
			_, err := d.Create(ctx, d.bus, u.ID, files.New{Name: "a", Size: 1})
			created <- err
		}()
		remove(ctx, t, d, u)
		if err := <-created; err != nil && !fault.Is(err, fault.Unauthorized) {
			t.Errorf("Create: %v, want Unauthorized", err)
		}
	}
	var files, ownerless int
	if err := d.db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE owner IS NULL) FROM file`).Scan(&files, &ownerless); err != nil || files != ownerless {
		t.Errorf("%d of %d files have no owner, %v, want all", ownerless, files, err)
	}
	if n, err := d.DeleteOwnerless(ctx, d.bus, 100); err != nil || n != files {
		t.Errorf("deleted %d, %v, want %d", n, err, files)
	}
}

// remove deletes the user as a host would, in a transaction with its event.
func remove(ctx context.Context, t *testing.T, d desk, u auth.User) {
	t.Helper()
	err := d.db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM "user" WHERE id = $1`, u.ID); err != nil {
			return err
		}
		return d.bus.Publish(ctx, tx, auth.UserDeleted{UserID: u.ID})
	})
	if err != nil {
		t.Error(err)
	}
}
