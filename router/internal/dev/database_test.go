package dev_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/router/internal/dev"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestSeed(t *testing.T) {
	t.Parallel()
	root, url, out := t.TempDir(), dbtest.Empty(t), &screen{}
	seed := func(text string) error {
		t.Helper()
		file := filepath.Join(root, "schema", "seed.sql")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dev.Seed(t.Context(), root, url, out)
	}
	if err := dev.Seed(t.Context(), root, url, out); err != nil || out.String() != "" {
		t.Errorf("without a file: %v, %q", err, out)
	}
	const table = "CREATE TABLE note (text text UNIQUE);\n"
	for text, want := range map[string]string{
		table + "\nINSERT INTO note\nVALUES ('a', 'ü',\n  nothing);":                        "schema/seed.sql:5: ERROR: column \"nothing\"",
		table + "INSERT INTO note VALUES ('a');\n-- Again.\nINSERT INTO note VALUES ('a');": "schema/seed.sql:4: ERROR: duplicate key",
		table + "\\connect other\n": "schema/seed.sql:2: ",
	} {
		if err := seed(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if err := seed(table + "INSERT INTO note VALUES ('a'), ('b');\nINSERT INTO note SELECT 'c;';"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "  schema/seed.sql: 3 rows in ") {
		t.Errorf("it says %q", out)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var rows int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM note`).Scan(&rows); err != nil || rows != 3 {
		t.Errorf("%d rows, %v, want 3", rows, err)
	}
}
