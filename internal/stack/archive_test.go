package stack_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/internal/stack"
)

// A new database is a copy of one that is kept, as long as that is whole and our own, and
// else made; one that has to be durable always is.
func TestPostgresIsACopy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var archive string
	for _, step := range []struct {
		name          string
		before        func() error
		durable, made bool
	}{
		{name: "the first one", made: true},
		{name: "the next one"},
		{name: "a durable one", durable: true, made: true},
		{name: "after the archive was cut off", made: true, before: func() error {
			info, err := os.Stat(archive)
			if err != nil {
				return err
			}
			return os.Truncate(archive, info.Size()/2)
		}},
		{name: "where the folder is somebody else's", made: true, before: func() error {
			if os.Geteuid() == 0 {
				return os.Chown(filepath.Dir(archive), 1, 1)
			}
			return os.RemoveAll(filepath.Dir(archive)) // who is not root cannot give it away
		}},
	} {
		if step.before != nil {
			if err := step.before(); err != nil {
				t.Fatal(err)
			}
		}
		made := false
		pg, err := stack.StartPostgres(t.Context(), stack.PostgresOptions{Durable: step.durable, Options: stack.Options{
			Dir: tempDir(t), Log: logOf(t), Progress: func(line string) { made = made || strings.Contains(line, "preparing") },
		}})
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := query(t, pg.URL, "SELECT 'up'"); got != "up" || made != step.made {
			t.Errorf("%s: it is %q, and made: %t, want %t", step.name, got, made, step.made)
		}
		keep(t, pg.URL) // which fails if another one has done so
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
		found, err := filepath.Glob(filepath.Join(os.TempDir(), "switchyard-postgres-*", "*"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: kept: %q, %v", step.name, found, err)
		}
		archive = found[0]
	}
}
