package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/db/dbtest"
)

// BenchmarkNothingToDo migrates a database of 200 tables that is as it shall be.
func BenchmarkNothingToDo(b *testing.B) {
	var tables strings.Builder
	for i := range 200 {
		tables.WriteString(schematest.Table(fmt.Sprintf("t%d", i), fmt.Sprintf(`  column "name" { type = text }
  column "made_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "before" {
    type = int
    null = true
  }
  index "t%[1]d_name" { columns = [column.name] }
  check "t%[1]d_id" { expr = "id > 0" }
  foreign_key "t%[1]d_before" {
    columns     = [column.before]
    ref_columns = [table.t%[2]d.column.id]
  }
`, i, max(i-1, 0))))
	}
	url, source := dbtest.Empty(b), schematest.Union(tables.String())
	if _, err := migrate.Apply(b.Context(), url, source, migrate.Options{}); err != nil {
		b.Fatal(err)
	}
	b.Run("migrate", func(b *testing.B) {
		for b.Loop() {
			if r, err := migrate.Apply(b.Context(), url, source, migrate.Options{}); err != nil || len(r.Steps) > 0 {
				b.Fatalf("%v: %d steps", err, len(r.Steps))
			}
		}
	})
	b.Run("PostgreSQL alone", makeTables)
}

// makeTables makes as many such tables in an empty database, which is the least that a
// migration costs: a part of the other figure.
func makeTables(b *testing.B) {
	var sql strings.Builder
	for i := range 200 {
		fmt.Fprintf(&sql, `CREATE TABLE t%[1]d (id int PRIMARY KEY CHECK (id > 0), name text NOT NULL, made_at timestamptz NOT NULL DEFAULT now(), before int REFERENCES t%[2]d);
CREATE INDEX ON t%[1]d (name);
`, i, max(i-1, 0))
	}
	for b.Loop() {
		conn, err := pgx.Connect(b.Context(), dbtest.Empty(b))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Exec(b.Context(), sql.String()); err != nil {
			b.Fatal(err)
		}
		_ = conn.Close(b.Context())
	}
}
