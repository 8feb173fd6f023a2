package recount_test

import (
	"testing"

	"switchyard/functions/jobs/files/recount"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// Outside of a durable host each step just runs.
func TestRecount(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	users := []string{d.User.ID}
	d.Create(t, "a", []byte("abc"))
	for range 24 { // more than one batch
		d.User = authtest.User(t, d.DB)
		users = append(users, d.User.ID)
		d.Create(t, "a", []byte("abc"))
	}
	deleted := d.Create(t, "b", []byte("abc"))
	if err := d.Files.Delete(ctx, d.Events, d.User.ID, deleted.ID); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE file_held SET until = now() - interval '25 hours'`, // the run that would free it was lost
		`UPDATE file_usage SET bytes = 99, counted_at = now() - interval '25 hours'`,
	} {
		if _, err := d.DB.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := (recount.Function{Files: d.Files}).Handle(ctx); err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		if u, err := d.Files.Usage(ctx, user); err != nil || u.Bytes != 3 || u.Files != 1 {
			t.Errorf("usage is %+v, %v, want 3 bytes in 1 file", u, err)
		}
	}
}
