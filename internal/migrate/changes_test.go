package migrate_test

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/plan"
	"switchyard/internal/schema"
	"switchyard/shared/db/dbtest"
)

// TestChanges applies each change of testdata/changes to a table with 1,000 rows.
func TestChanges(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes minutes under the race detector")
	}
	scratch := dbtest.Empty(t) // one for all of them
	// To make a database and remove it costs more than most of the changes.
	databases := make(chan string, runtime.GOMAXPROCS(0))
	for range cap(databases) {
		databases <- dbtest.Empty(t)
	}
	all := typeChanges(t)
	for _, name := range []string{"columns", "rules", "enums", "tables"} {
		all = append(all, readChanges(t, name)...)
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.scratch = scratch
			c.url = <-databases
			defer func() { databases <- c.url }()
			c.run(t)
		})
	}
}

// run makes the table as it was, changes it, and looks at the rows.
func (c change) run(t *testing.T) {
	t.Helper()
	url := c.url
	conn := connect(t, url)
	empty(t, conn)
	if err := c.apply(t, url, "before"); err != nil {
		t.Fatal(err)
	}
	c.fill(t, conn)
	planned, err := c.plan(t, url)
	if c.text("want") == "refused" {
		if _, ok := errors.AsType[*schema.Error](err); !ok {
			t.Errorf("got %v, want a problem with a line", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	allow := c.judge(t, planned)
	unsupported := strings.HasPrefix(c.text("want"), string(plan.Unsupported))
	if len(allow) > 0 || unsupported {
		c.refuses(t, url, planned)
	}
	if unsupported {
		return
	}
	rows := c.rows(t, conn, c.names(t, conn))
	err = c.apply(t, url, "after", allow...)
	if fails := c.text("fails"); fails != "" {
		c.failed(t, url, err, planned)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	c.holds(t, conn, rows)
	c.inStep(t, url)
	if strings.HasPrefix(c.text("want"), string(plan.Safe)) && c.text("sql") == "" && c.text("renames") == "" && !strings.Contains(c.sections["after"], "renamed_from") {
		c.rollsBack(t, url)
	}
}

// empty removes what another change has left in the database.
func empty(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	exec(t, conn, `DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' LOOP
			EXECUTE format('DROP SCHEMA %I CASCADE', name);
		END LOOP;
	END $$; CREATE SCHEMA public`)
}

// judge compares the worst class and the consents of a plan with the wanted ones.
func (c change) judge(t *testing.T, r migrate.Result) (allow []string) {
	t.Helper()
	classes := []plan.Class{plan.Safe, plan.Slow, plan.Breaking, plan.Losing, plan.Unsupported}
	worst := "nothing"
	at := -1
	for _, s := range r.Steps {
		if i := slices.Index(classes, s.Class); i > at {
			at, worst = i, string(s.Class)
		}
		if s.Allow != "" && !slices.Contains(allow, s.Allow) {
			allow = append(allow, s.Allow)
		}
	}
	slices.Sort(allow)
	if got := strings.Join(append([]string{worst}, allow...), " "); got != c.text("want") {
		t.Errorf("got %s, want %s:\n%s", got, c.text("want"), steps(r))
	}
	return allow
}

func steps(r migrate.Result) string {
	var b strings.Builder
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "%s: %s\n\t%s %s\n", s.Class, s.SQL, s.Why, s.Allow)
	}
	return b.String()
}

// refuses applies the plan without a consent: nothing is changed.
func (c change) refuses(t *testing.T, url string, planned migrate.Result) {
	t.Helper()
	err := c.apply(t, url, "after")
	if _, ok := errors.AsType[*migrate.RefusedError](err); !ok {
		t.Fatalf("got %v, want a refusal", err)
	}
	again, err := c.plan(t, url)
	if diff := gocmp.Diff(sql(planned), sql(again)); err != nil || diff != "" {
		t.Errorf("the refused plan has changed something: %v\n%s", err, diff)
	}
}

// failed looks at a change that the rows do not allow: all of it can be tried again.
func (c change) failed(t *testing.T, url string, err error, planned migrate.Result) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), c.text("fails")) {
		t.Errorf("got %v, want an error that says %q", err, c.text("fails"))
	}
	again, err := c.plan(t, url)
	if err != nil || len(again.Steps) != len(planned.Steps) {
		t.Errorf("afterwards: %v\n%s", err, steps(again))
	}
}

// holds compares the rows with those before.
func (c change) holds(t *testing.T, conn *pgx.Conn, before map[string]string) {
	t.Helper()
	var there []string
	for column := range before {
		there = append(there, column)
	}
	if diff := gocmp.Diff(before, c.rows(t, conn, there)); diff != "" {
		t.Errorf("the rows:\n%s", diff)
	}
	for _, name := range []string{"is", "next"} {
		query, want, ok := strings.Cut(c.text(name), " => ")
		if !ok {
			continue
		}
		if got := fmt.Sprint(value[any](t, conn, query)); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// inStep reports what there is still to do.
func (c change) inStep(t *testing.T, url string) {
	t.Helper()
	again, err := c.plan(t, url)
	if err != nil || len(again.Steps) > 0 {
		t.Errorf("the second plan: %v\n%s", err, steps(again))
	}
	d, err := migrate.Verify(t.Context(), url, c.source("after"), migrate.Options{Scratch: c.scratch})
	if err != nil || len(d.Missing) > 0 {
		t.Errorf("afterwards: %v\n%+v", err, d.Missing)
	}
}

// rollsBack has the older release migrate, and then the newer one again.
func (c change) rollsBack(t *testing.T, url string) {
	t.Helper()
	if err := c.apply(t, url, "before"); err != nil {
		t.Errorf("rolling back: %v", err)
	}
	if err := c.apply(t, url, "after"); err != nil {
		t.Errorf("and forward again: %v", err)
	}
	c.inStep(t, url)
}

// change is one of testdata/changes.
type change struct {
	name     string
	sections map[string]string
	// as is what a column is cast to, to compare it with what it becomes; "" if it is
	// compared as it is.
	as string
	// scratch is the URL of an empty database, and url that of the one to change.
	scratch, url string
}

func (c change) apply(t *testing.T, url, section string, allow ...string) error {
	t.Helper()
	_, err := migrate.Apply(t.Context(), url, c.source(section), migrate.Options{Scratch: c.scratch, Allow: allow})
	return err
}

func (c change) plan(t *testing.T, url string) (migrate.Result, error) {
	t.Helper()
	return migrate.Plan(t.Context(), url, c.source("after"), migrate.Options{Scratch: c.scratch})
}

func (c change) text(section string) string { return strings.TrimSpace(c.sections[section]) }

// readChanges reads a file: sections "word: text" below "### name", of several lines if
// these are indented.
func readChanges(t *testing.T, name string) (all []change) {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "changes", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	section := ""
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if title, ok := strings.CutPrefix(line, "### "); ok {
			all = append(all, change{name: title, sections: map[string]string{}})
			continue
		}
		if len(all) == 0 || strings.TrimSpace(line) == "" {
			continue
		}
		sections := all[len(all)-1].sections
		if !strings.HasPrefix(line, " ") {
			word, text, _ := strings.Cut(line, ":")
			section, line = word, text
		}
		sections[section] += strings.TrimSpace(line) + "\n"
	}
	return all
}

// typeChanges reads types.txt.
func typeChanges(t *testing.T) (all []change) {
	t.Helper()
	text, err := os.ReadFile("testdata/changes/types.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var f []string
		for _, field := range strings.SplitN(line, "|", 5) {
			f = append(f, strings.TrimSpace(field))
		}
		c := change{name: f[0] + " to " + f[1], sections: map[string]string{
			"before": `column "n" { type = ` + typed(f[0]) + `; null = true }`,
			"after":  `column "n" { type = ` + typed(f[1]) + `; null = true }`,
			"want":   strings.TrimSpace(f[2] + " " + f[3]),
		}}
		if f[4] != "" {
			c.sections["rows"] = "n => " + f[4]
		}
		if f[2] == string(plan.Losing) {
			c.sections["changes"] = "n"
		} else {
			c.as = strings.NewReplacer("_", " ").Replace(f[1])
		}
		all = append(all, c)
	}
	return all
}

func typed(name string) string {
	if strings.HasSuffix(name, "[]") {
		return `sql("` + name + `")`
	}
	return name
}

// source returns the schema of a section.
func (c change) source(section string) schema.Source {
	var top, inside, scripts strings.Builder
	own := false
	for line := range strings.Lines(c.sections[section]) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "table", "schema", "trigger":
			own = own || strings.HasPrefix(rest, `"o" `) || strings.HasPrefix(rest, `"public" "o" `)
			top.WriteString(spread(line) + "\n")
		case "also:":
			fmt.Fprintf(&top, "table %q {\n  schema = schema.public\n  column \"id\" { type = int }\n  primary_key { columns = [column.id] }\n}\n", rest)
		case "enum:":
			words := strings.Fields(rest)
			fmt.Fprintf(&top, "enum %q {\n  schema = schema.public\n  values = [\"%s\"]\n}\n", words[0], strings.Join(words[1:], `", "`))
		case "script:":
			scripts.WriteString(rest + ";\n")
		case "batches:":
			scripts.WriteString("-- +batches\n" + rest + ";\n")
		default:
			inside.WriteString(spread(line) + "\n")
		}
	}
	if !own {
		var key []string
		for column := range strings.SplitSeq(cmp.Or(c.text("key"), "id"), ", ") {
			key = append(key, "column."+column)
		}
		if section == "before" {
			key = []string{"column.id"}
		}
		fmt.Fprintf(&top, "table \"o\" {\n  schema = schema.public\n  column \"id\" { type = int }\n  primary_key { columns = [%s] }\n%s}\n", strings.Join(key, ", "), inside.String())
	}
	files := []schema.File{{Name: "schema/schema.hcl", Text: "schema \"public\" {}\n" + top.String()}}
	if scripts.Len() > 0 {
		files = append(files, schema.File{Name: "schema/sql/001_more.sql", Text: scripts.String()})
	}
	return schema.Join(files)
}

// spread writes a block of one line on several, as HCL wants it.
func spread(line string) string {
	return strings.NewReplacer("{ ", "{\n", " }", "\n}", "; ", "\n").Replace(line)
}

// fill puts rows in, and what somebody made by hand.
func (c change) fill(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	if _, empty := c.sections["empty"]; !empty {
		if strings.Contains(c.sections["before"], "also: p") {
			exec(t, conn, `INSERT INTO p SELECT i FROM generate_series(1, 1000) i`)
		}
		columns, values := `"id"`, "i"
		if names, value, ok := strings.Cut(c.text("rows"), " => "); ok {
			for name := range strings.SplitSeq(names, ", ") {
				columns += `, "` + name + `"`
			}
			values += ", " + value
		}
		exec(t, conn, fmt.Sprintf(`INSERT INTO o (%s) SELECT %s FROM generate_series(1, 1000) i`, columns, values))
	}
	if sql := c.text("sql"); sql != "" {
		exec(t, conn, sql)
	}
}

// names returns the columns whose values stay.
func (c change) names(t *testing.T, conn *pgx.Conn) (columns []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT attname::text FROM pg_attribute WHERE attrelid = 'public.o'::regclass AND attnum > 0 AND NOT attisdropped`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool {
		return name == c.text("changes") || strings.Contains(c.text("want"), "drop:o."+name)
	})
}

// rows returns the values of columns, in the order of the key: by the names that the
// columns had before.
func (c change) rows(t *testing.T, conn *pgx.Conn, columns []string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, name := range columns {
		is := name
		if from, to, ok := strings.Cut(c.text("renames"), " "); ok && name == from && value[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.o'::regclass AND attname = $1)`, to) {
			is = to
		}
		expression := pgx.Identifier{is}.Sanitize()
		if c.as != "" && name == "n" {
			expression += "::" + c.as
		}
		values[name] = value[string](t, conn, `SELECT coalesce(md5(string_agg(coalesce((`+expression+`)::text, 'NULL'), ',' ORDER BY id)), 'none') || ' of ' || count(*) FROM public.o`)
	}
	return values
}
