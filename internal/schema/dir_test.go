package schema_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/schema"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadDir(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"schema.hcl": "schema \"public\" {}\n", "orders.hcl": "// Orders.\n", "sql/020_b.sql": "SELECT 2;\n", "sql/010_a.sql": "SELECT 1;\n",
		"seed.sql": "SELECT 0;\n", "README.md": "", ".gitkeep": "", "sql/.gitkeep": "",
	})
	s, err := schema.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range s.Files() {
		names = append(names, strings.TrimPrefix(f.Name, filepath.ToSlash(dir)+"/"))
	}
	if diff := cmp.Diff([]string{"orders.hcl", "schema.hcl", "sql/010_a.sql", "sql/020_b.sql"}, names); diff != "" {
		t.Error(diff)
	}
}

// What nothing reads is not passed over.
func TestReadDirOfOtherFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"orders.sql", "old.hcl.bak", "sql/orders.hcl", "sql/old/1_a.sql", "more/orders.hcl", "sql/seed.txt"} {
		dir := folder(t, map[string]string{"schema.hcl": "schema \"public\" {}\n", name: "\n"})
		want, _, _ := strings.Cut(strings.TrimPrefix(name, "sql/"), "/")
		if _, err := schema.ReadDir(dir); err == nil || !strings.Contains(err.Error(), "/"+want+":1: nothing reads this") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := schema.ReadDir(t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no schema in") {
		t.Errorf("an empty folder: got %v", err)
	}
}
