package dbtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"switchyard/internal/schema"
)

// The tables of a service can be tested before a function needs it.
func TestTablesOfAServiceThatNobodyNeedsYet(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "shared", "orders")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	union := schema.Join([]schema.File{{Name: "schema/schema.hcl", Text: "schema \"public\" {}\n"}})
	if got, err := withTablesOf(union, root, dir); err != nil || got != union {
		t.Errorf("without tables: got %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "schema.hcl"), []byte("// Orders.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := withTablesOf(union, root, dir)
	if files := got.Files(); err != nil || len(files) != 2 || files[1].Name != "shared/orders/schema.hcl" {
		t.Errorf("got %q, %v, want its file too", got, err)
	}
	if again, err := withTablesOf(got, root, dir); err != nil || again != got {
		t.Errorf("of a file that is there: got %q, %v", again, err)
	}
}

func TestRetiredDatabasesAreBounded(t *testing.T) {
	t.Parallel()
	ctx, pg := t.Context(), get(t)
	s := &server{pg: pg.pg, admin: pg.admin, mostRetired: 2}
	for i := range 4 {
		name := fmt.Sprintf("retired_%d", i)
		if _, err := s.create(ctx, name, ""); err != nil {
			t.Fatal(err)
		}
		if err := s.retire(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	var left int
	if err := s.admin.QueryRow(ctx, `SELECT count(*) FROM pg_database WHERE datname LIKE 'retired_%'`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 2 {
		t.Errorf("%d databases are left, want 2", left)
	}
}
