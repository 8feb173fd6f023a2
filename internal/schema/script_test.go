package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/schema"
)

func sqlFile(name, text string) schema.Source {
	return schema.Join([]schema.File{{Name: "schema/schema.hcl", Text: "schema \"public\" {}\n"}, {Name: "schema/sql/" + name, Text: text}})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	const text = `-- +check to_regclass('public.calm') IS NOT NULL
-- +check true

CREATE VIEW calm AS SELECT ';' AS a; -- nothing

/* A function. */
CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $body$
-- +this is its body
BEGIN
  RETURN 1;
END
$body$;
CREATE FUNCTION two() RETURNS int BEGIN ATOMIC
  SELECT 1;
  SELECT 2;
END;
-- the end`
	scripts, err := sqlFile("010_calm.sql", text).Scripts()
	if err != nil || len(scripts) != 1 {
		t.Fatal(scripts, err)
	}
	s := scripts[0]
	if want := []string{"to_regclass('public.calm') IS NOT NULL", "true"}; cmp.Diff(want, s.Checks) != "" {
		t.Errorf("checks: got %q", s.Checks)
	}
	var lines []int
	for _, st := range s.Statements {
		lines = append(lines, st.Line)
	}
	if diff := cmp.Diff([]int{4, 7, 13}, lines); diff != "" || s.Before || s.Repeat || s.Name != "010_calm.sql" || s.Number != "10" {
		t.Errorf("got %+v\n%s", s, diff)
	}
	if !strings.HasSuffix(s.Statements[1].SQL, "$body$;") || len(s.Digest) != 64 {
		t.Errorf("got %+v", s)
	}
}

// Whether a file runs before the tables are made follows from what it makes.
func TestWhenAScriptRuns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"CREATE EXTENSION citext;":             true,
		"create /* so */ domain mail as text;": true,
		"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION f() IS 'x';": true,
		"CREATE TYPE a AS (b int); ALTER TYPE a ADD ATTRIBUTE c int;":                                            true,
		"CREATE SEQUENCE s; CREATE VIEW v AS SELECT 1;":                                                          false,
		"-- +before\nCREATE TABLE other (id int);":                                                               true,
		"-- +after\nCREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM note';":             false,
		"UPDATE note SET text = '' WHERE text IS NULL;":                                                          false,
	} {
		scripts, err := sqlFile("1_a.sql", text).Scripts()
		if err != nil || len(scripts) != 1 || scripts[0].Before != want {
			t.Errorf("%s: got %+v, %v, want %t", text, scripts, err, want)
		}
	}
}

func TestScriptsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, text, want string }{
		"no number":        {"calm.sql", "SELECT 1;", "calm.sql:1: an SQL file begins with its number: call it NNN_name.sql, as 010_calm.sql"},
		"nothing":          {"1_a.sql", "-- nothing\n", ":1: there is no statement"},
		"a transaction":    {"1_a.sql", "SELECT 1;\nBEGIN;\nSELECT 2;\nCOMMIT;", ":2: BEGIN: the router runs each file in a transaction of its own: remove this statement"},
		"its end":          {"1_a.sql", "SELECT 1;\nBEGIN;\nSELECT 2;\nCOMMIT;", ":4: COMMIT: the router"},
		"concurrently":     {"1_a.sql", "\nCREATE UNIQUE INDEX\n  CONCURRENTLY i ON a (b);", ":2: an index that is built beside writers"},
		"vacuum":           {"1_a.sql", "VACUUM a;", ":1: VACUUM a cannot run in a transaction"},
		"psql":             {"1_a.sql", "SELECT 1;\n\\i other.sql\n", `:2: \i other.sql is a command of psql`},
		"copy":             {"1_a.sql", "SELECT 1;\nCOPY a (b) FROM stdin;\nit's\n\\.\n", ":2: rows after COPY … FROM stdin"},
		"a setting":        {"1_a.sql", "SET search_path = '';", ":1: SET search_path = '' would outlast the file: write SET LOCAL"},
		"a word":           {"1_a.sql", "-- +chek true\nSELECT 1;", ":1: -- +chek is not understood: want one of check, replaces, batches, before, after; did you mean check?"},
		"goose":            {"1_a.sql", "-- +goose Up\nSELECT 1;", ":1: this is a file of goose"},
		"replaces nothing": {"1_a.sql", "-- +replaces\nSELECT 1;", ":1: -- +replaces has the name of a file after it"},
		"replaces itself":  {"1_a.sql", "-- +replaces 1_a.sql\nSELECT 1;", ":1: -- +replaces 1_a.sql: no SQL file before this one is called so"},
		"an empty check":   {"1_a.sql", "SELECT 1;\n-- +check\n", ":2: -- +check has an SQL expression after it"},
		"both":             {"1_a.sql", "-- +before\n-- +after\nSELECT 1;", ":1: this file says both"},
		"more":             {"1_a.sql", "-- +before the tables\nSELECT 1;", `:1: -- +before has nothing after it`},
		"batches":          {"1_a.sql", "-- +batches\nUPDATE a SET b = 1 WHERE b = 0;\nCREATE VIEW v AS SELECT 1;", ":3: CREATE VIEW v AS … cannot be repeated until it changes no row"},
		"a quote":          {"1_a.sql", "SELECT 1;\nSELECT 'a;\n", ":2: the statements cannot be told apart: unclosed quote"},
	} {
		err := sqlFile(tt.file, tt.text).Check()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got\n%v\nwant %s", name, err, tt.want)
		}
	}
	if err := sqlFile("1_a.sql", "-- +batches\nUPDATE a SET b = 1 WHERE b = 0;").Check(); err != nil {
		t.Error(err)
	}
}

// Files run in the order of their numbers, of which each is there once.
func TestNumbersOfScripts(t *testing.T) {
	t.Parallel()
	files := func(names ...string) schema.Source {
		var all []schema.File
		for _, n := range names {
			all = append(all, schema.File{Name: "schema/sql/" + n, Text: "SELECT 1;\n"})
		}
		return schema.Join(all)
	}
	scripts, err := files("10_a.sql", "9_b.sql", "001_c.sql").Scripts()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range scripts {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"001_c.sql", "9_b.sql", "10_a.sql"}, names); diff != "" {
		t.Error(diff)
	}
	if _, err := files("1_a.sql", "001_b.sql").Scripts(); err == nil || !strings.Contains(err.Error(), "001_b.sql:1: has the number of schema/sql/1_a.sql") {
		t.Errorf("got %v", err)
	}
}

// A schema with SQL files is the same after it was written down and read, and in two parts.
func TestJoinOfSQLFiles(t *testing.T) {
	t.Parallel()
	files := []schema.File{
		{Name: "schema/schema.hcl", Text: "schema \"public\" {}\n"},
		{Name: "schema/sql/1_a.sql", Text: "-- ==> no.sql\n// ==> no.hcl\nSELECT 1;\n"},
		{Name: "schema/sql/2_b.sql", Text: "SELECT 2;\n"},
	}
	s := schema.Join(files)
	if again := schema.Join(s.Files()); again != s || len(s.Files()) != 3 || !strings.Contains(string(s), "\n-- ==> schema/sql/1_a.sql\n") {
		t.Errorf("got\n%s\nof\n%s", again, s)
	}
	if hcl, sql := s.Split(); hcl+"\n"+sql != s {
		t.Errorf("got %q and %q of %q", hcl, sql, s)
	}
	one, _ := s.Scripts()
	two, _ := schema.Join(s.Files()).Scripts()
	if one[0].Digest != two[0].Digest || one[0].Digest == one[1].Digest {
		t.Error("the digest of a file is not that of its text")
	}
}
