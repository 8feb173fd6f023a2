package schema_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestRenames(t *testing.T) {
	t.Parallel()
	s := schematest.Union("table \"a\" {\n  column \"more\" {\n    type = int\n    renamed_from = \"less\"\n  }\n}\n",
		"shared/a/schema.hcl", strings.Replace(schematest.Table("a", "  column \"text\" {\n    type = text\n    renamed_from = \"body\"\n  }\n"),
			"\n", "\n  renamed_from = \"b\"\n", 1))
	read, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := read.Renames
	if err != nil {
		t.Fatal(err)
	}
	table := snapshot.Name{Schema: "public", Name: "a"}
	want := []schema.Rename{
		{Table: table, From: "b", File: "shared/a/schema.hcl", Line: 2},
		{Table: table, Column: "text", From: "body", File: "shared/a/schema.hcl", Line: 8},
		{Table: table, Column: "more", From: "less", File: "schema/schema.hcl", Line: 5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestRenamesThatCannotBe(t *testing.T) {
	t.Parallel()
	column := func(name, from string) string {
		return "  column \"" + name + "\" {\n    type = int\n    renamed_from = \"" + from + "\"\n  }\n"
	}
	for name, tt := range map[string]struct{ hcl, want string }{
		"a column that is there": {schematest.Table("a", column("b", "id")), ":8: the column a.b was called id, and that is still there"},
		"its own name":           {schematest.Table("a", column("b", "b")), ":8: the column a.b was called b, and that is still there"},
		"two of one":             {schematest.Table("a", column("b", "x")+column("c", "x")), ":12: the column a.c was called x, and so was the column a.b"},
		"a table that is there":  {strings.Replace(schematest.Table("a", ""), "\n", "\n  renamed_from = \"o\"\n", 1) + schematest.Table("o", ""), ":3: the table a was called o, and that is still there"},
		"an index":               {schematest.Table("a", "  index \"i\" {\n    columns = [column.id]\n    renamed_from = \"j\"\n  }\n"), ":8: renamed_from is not understood here"},
	} {
		err := schematest.Union(tt.hcl).Check()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got\n%v\nwant %s", name, err, tt.want)
		}
	}
}

// Every word that is understood does something in PostgreSQL.
func TestEveryWordDoesSomething(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	text := regexp.MustCompile(`renamed_from += .*`).ReplaceAllString(full(t), "")
	if _, err := migrate.Apply(t.Context(), url, schema.Source(text), migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	const query = `
SELECT string_agg(x, E'\n') FROM (
	SELECT pg_get_indexdef(indexrelid) || coalesce(' ' || obj_description(indexrelid), '') FROM pg_index WHERE indrelid::regclass::text LIKE '%person'
	UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) || coalesce(' ' || obj_description(oid), '') FROM pg_constraint WHERE conrelid::regclass::text LIKE '%person'
	UNION ALL SELECT concat_ws(' ', column_name, collation_name, column_default, is_nullable, identity_start, identity_increment, generation_expression, col_description(to_regclass(table_schema || '.person'), ordinal_position::int))
		FROM information_schema.columns WHERE table_name = 'person'
	UNION ALL SELECT obj_description('person'::regclass)
	UNION ALL SELECT 'unlogged ' || oid::regclass FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'
) AS t (x)`
	var made string
	if err := conn.QueryRow(t.Context(), query).Scan(&made); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"person_pkey PRIMARY KEY (id) INCLUDE (mood)", "UNIQUE NULLS NOT DISTINCT (name, mood) INCLUDE (id)", "One of each.",
		"UNIQUE INDEX person_size ON public.person USING btree (size) INCLUDE (mood) WHERE live", "By size.",
		"USING brin (id) WITH (pages_per_range='64')",
		"(note DESC NULLS LAST, lower((name)::text) text_pattern_ops NULLS FIRST) NULLS NOT DISTINCT",
		"CHECK ((length(note) < 500))", "FOREIGN KEY (id) REFERENCES person(id) ON DELETE CASCADE",
		"id NO 10 2", "name C 'nobody'::character varying YES How we call them.", "size NO length(note)", "twice NO (length(note) * 2)",
		"state 'new'::shop.state", "People.", "unlogged shop.person",
	} {
		if !strings.Contains(made, want) {
			t.Errorf("there is no %s in\n%s", want, made)
		}
	}
}

// PostgreSQL has the collation that a column says, beside a default too.
func TestCollate(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	s := schematest.Union(schematest.Table("a", "  column \"c\" {\n    type = text\n    default = \"x\"\n    collate = \"C\"\n  }\n"))
	if _, err := migrate.Apply(t.Context(), url, s, migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var collation, def string
	const query = `SELECT collation_name, column_default FROM information_schema.columns WHERE table_name = 'a' AND column_name = 'c'`
	if err := conn.QueryRow(t.Context(), query).Scan(&collation, &def); err != nil || collation != "C" || def != "'x'::text" {
		t.Errorf("got %q, %q, %v, want C", collation, def, err)
	}
}

// A table is unlogged as long as its word says so.
func TestUnlogged(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	logged := schematest.Table("a", "")
	for i, want := range []bool{true, false} {
		text := logged
		if want {
			text = strings.Replace(logged, "\n", "\n  unlogged = true\n", 1)
		}
		if _, err := migrate.Apply(t.Context(), url, schematest.Union(text), migrate.Options{}); err != nil {
			t.Fatal(err)
		}
		var got bool
		if err := conn.QueryRow(t.Context(), `SELECT relpersistence = 'u' FROM pg_class WHERE oid = 'a'::regclass`).Scan(&got); err != nil || got != want {
			t.Errorf("after %d migrations: %v, %v, want %v", i+1, got, err, want)
		}
	}
}
