package migrate_test

import (
	"testing"

	"switchyard/internal/migrate"
	"switchyard/internal/names/namestest"
	"switchyard/shared/db/dbtest"
)

// TestNames migrates with other names for Better Auth's tables, twice.
func TestNames(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	o := migrate.Options{Names: namestest.Parse(t, namestest.Everything)}
	if _, err := migrate.Apply(t.Context(), url, dbtest.Schema(t), o); err != nil {
		t.Fatal(err)
	}
	again, err := migrate.Plan(t.Context(), url, dbtest.Schema(t), o)
	if err != nil || len(again.Steps) > 0 || len(again.Left) > 0 {
		t.Errorf("again: got %v, %v, %v, want nothing", again.Steps, again.Left, err)
	}
	d, err := migrate.Verify(t.Context(), url, dbtest.Schema(t), o)
	if err != nil || len(d.Missing) > 0 || len(d.More) > 0 {
		t.Errorf("in step: got %v, %v", d, err)
	}
	if d, err = migrate.Verify(t.Context(), url, dbtest.Schema(t), migrate.Options{}); err != nil || len(d.Missing) == 0 {
		t.Errorf("without the names: got %v, %v, want tables missing", d, err)
	}
}
