package files_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/live"
)

// told returns the messages to the owner, in order, and forgets them. "ID" stands for the id
// of f.
func (d desk) told(t *testing.T, f files.File) (all []string) {
	t.Helper()
	rows, err := d.db.Query(t.Context(), `WITH gone AS (DELETE FROM live_message WHERE topic = $1 RETURNING id, name, data)
		SELECT name || ' ' || data FROM gone ORDER BY id`, string(live.User(d.owner)))
	if err != nil {
		t.Fatal(err)
	}
	if all, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	for i, message := range all {
		all[i] = strings.ReplaceAll(message, f.ID.String(), "ID")
	}
	return all
}

// Whatever becomes of a file, its owner is told, in the order in which it happens.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a", Size: 5})
	wants := func(what string, err error, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, d.told(t, f), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%s: %v %s", what, err, diff)
		}
	}
	wants("created", nil, `file {"id":"ID","status":"uploading"}`)
	_, err := d.Complete(ctx, d.bus, d.owner, f.ID)
	wants("completed", err, `file {"id":"ID","status":"processing"}`)
	_, err = d.Complete(ctx, d.bus, d.owner, f.ID)
	if err == nil {
		t.Error("it is completed twice")
	}
	wants("completed again", nil)
	_, err = d.Rename(ctx, d.owner, f.ID, "b")
	wants("renamed", err, `file {"id":"ID","status":"processing"}`)
	err = d.Step(ctx, d.owner, f.ID, files.Step{Name: files.StepDigest, State: files.StepRunning, Progress: 40})
	wants("a step goes on", err, `file {"id":"ID","status":"processing","step":"digest","progress":40}`)
	err = d.Step(ctx, d.owner, f.ID, files.Step{Name: files.StepDigest, State: files.StepDone})
	wants("a step ends", err, `file {"id":"ID","status":"processing","step":"digest"}`)
	err = d.Step(ctx, d.owner, f.ID, files.Step{Name: files.StepDigest, State: files.StepRunning})
	wants("a step that has ended", err)
	_, err = d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{})
	wants("finished", err, `file {"id":"ID","status":"ready"}`)
	_, err = d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{})
	wants("finished again", err)
	err = d.Delete(ctx, d.bus, d.owner, f.ID)
	wants("deleted", err, `file-gone {"id":"ID"}`)
	if err := d.Delete(ctx, d.bus, d.owner, f.ID); err == nil {
		t.Error("it is deleted twice")
	}
	wants("deleted again", nil)
}

// Others than the owner delete files, too. Of an account that is gone, nobody is told.
func TestDeletionsAreTold(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a", Size: 1})
	d.told(t, f)
	if _, err := d.DeleteInfected(ctx, d.bus, f.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`file-gone {"id":"ID"}`}, d.told(t, f)); diff != "" {
		t.Error(diff)
	}
	gone := authtest.User(t, d.db)
	if _, err := d.Create(ctx, d.bus, gone.ID, files.New{Name: "a", Size: 1}); err != nil {
		t.Fatal(err)
	}
	authtest.Delete(t, d.db, gone)
	if n, err := d.DeleteOwnerless(ctx, d.bus, 10); err != nil || n != 1 {
		t.Errorf("deleted %d, %v", n, err)
	}
	var n int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM live_message WHERE name = $1`, files.MessageGone).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d messages to nobody, %v", n, err)
	}
}

// What is not done is not told.
func TestWhatIsUndoneIsNotTold(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a", Size: 1})
	d.told(t, f)
	if _, err := d.db.Exec(ctx, `DROP TABLE outbox CASCADE`); err != nil {
		t.Fatal(err)
	}
	_, complete := d.Complete(ctx, d.bus, d.owner, f.ID)
	for name, err := range map[string]error{"Complete": complete, "Delete": d.Delete(ctx, d.bus, d.owner, f.ID)} {
		if err == nil {
			t.Errorf("%s works without an outbox", name)
		}
	}
	if all := d.told(t, f); len(all) != 0 {
		t.Errorf("told %q", all)
	}
}
