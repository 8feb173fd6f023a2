package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
)

var update = flag.Bool("update", false, "write the golden files") //nolint:gochecknoglobals // a flag of the test

// golden compares got with the file of that name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// steps has one of each kind.
func steps() []plan.Step {
	const orders = "schema/schema.hcl"
	return []plan.Step{
		{SQL: `CREATE EXTENSION citext;`, Class: plan.Safe, Object: "schema/sql/010_types.sql", File: "schema/sql/010_types.sql", Why: "runs once, in one transaction", Script: &plan.Script{Digest: "d1", Statements: []string{"CREATE EXTENSION citext"}}},
		{SQL: "CREATE TABLE \"public\".\"parcel\" (\n  \"id\" bigint NOT NULL\n)", Class: plan.Safe, Object: "parcel", File: "shared/parcels/schema.hcl"},
		{SQL: `ALTER TABLE "public"."orders" ADD COLUMN "code" uuid`, Class: plan.Safe, Object: "orders.code", File: orders, Group: 1},
		{SQL: `ALTER TABLE "public"."orders" ALTER COLUMN "code" SET DEFAULT gen_random_uuid()`, Class: plan.Safe, Object: "orders.code", File: orders, Group: 1},
		{SQL: `UPDATE "public"."orders" SET "code" = DEFAULT WHERE "code" IS NULL`, Class: plan.Safe, Object: "orders.code", File: orders, Why: "in batches, a transaction each", Way: plan.Batches, Batch: &plan.Batch{Table: `"public"."orders"`, Set: `"code" = DEFAULT`, Where: `"code" IS NULL`}},
		{SQL: `CREATE INDEX CONCURRENTLY "orders_code" ON "public"."orders" ("code")`, Class: plan.Safe, Object: "orders.orders_code", File: orders, Way: plan.Alone},
		{SQL: `ALTER TABLE "public"."orders" ALTER COLUMN "n" TYPE bigint`, Class: plan.Slow, Object: "orders.n", File: orders, Why: "the table (1.2 GB, about 2000000 rows) is rewritten, and nobody can use it meanwhile: about 24s", Allow: "slow:orders.n", Given: true},
		{SQL: "UPDATE orders SET state = 'new'\nWHERE id IN (SELECT id FROM orders WHERE state IS NULL LIMIT 1000)", Class: plan.Safe, Object: "schema/sql/020_states.sql", File: "schema/sql/020_states.sql", Way: plan.Batches, Script: &plan.Script{Digest: "d2", Repeat: true, Statements: []string{"UPDATE orders SET state = 'new'\nWHERE id IN (SELECT id FROM orders WHERE state IS NULL LIMIT 1000)"}}},
		{SQL: `ALTER TABLE "public"."orders" DROP COLUMN "note"`, Class: plan.Losing, Object: "orders.note", File: orders, Why: "the column has rows", Allow: "drop:orders.note"},
		{SQL: `ALTER TABLE "public"."orders" DROP COLUMN "old"`, Class: plan.Breaking, Object: "orders.old", File: orders, Why: "the release abc lives, and reads it", Allow: "break:orders.old"},
		{SQL: "ALTER TABLE \"public\".\"orders\"\n\tPARTITION BY RANGE (id)", Class: plan.Unsupported, Object: "orders", Why: "a table cannot become a divided one: make another table, and move the rows"},
	}
}

func TestPlanIsShown(t *testing.T) {
	t.Parallel()
	var text, list, none, applied bytes.Buffer
	r := migrate.Result{Steps: steps(), Left: []string{"the table todo is in no file"}, Warnings: []string{"schema/sql/030_x.sql:3 may fail: no such table"}, Took: 120 * time.Millisecond}
	if err := errors.Join(writePlan(&text, r), writeJSON(&list, listSteps(r.Steps)), writePlan(&none, migrate.Result{Took: time.Millisecond, Left: r.Left})); err != nil {
		t.Fatal(err)
	}
	writeApplied(&applied, r)
	golden(t, "plan.sql", text.String())
	golden(t, "plan.json", list.String())
	golden(t, "instep.txt", none.String())
	golden(t, "applied.txt", applied.String())
	var empty bytes.Buffer
	if err := writeJSON(&empty, listSteps(nil)); err != nil || empty.String() != "[]\n" {
		t.Errorf("without steps: %q, %v, want an empty list", empty.String(), err)
	}
}

func TestPlanForPsql(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := writeScript(&got, steps()[:8], "0123456789abcdef", snapshot.Snapshot{Schemas: []string{"public"}}); err != nil {
		t.Fatal(err)
	}
	golden(t, "script.sql", strings.Replace(got.String(), record.SQL(), "(tables)", 1))
}

func TestHistoryIsShown(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	all := []record.Migration{
		{ID: 4, BeganAt: at, Took: 1200 * time.Millisecond, Release: "def", Role: "app", Digest: "0123456789abcdef", Statements: []record.Statement{
			{SQL: "ALTER TABLE orders\nDROP COLUMN note", Object: "orders.note", Class: "losing", Allowed: "drop:orders.note", File: "schema/schema.hcl", Took: time.Second, Waited: 900 * time.Millisecond, WaitedFor: "pid 7 (app), for 20s: SELECT $1"},
			{SQL: "CREATE TABLE t ()", Object: "t", Class: "safe", File: "schema/schema.hcl", Took: 2 * time.Millisecond},
		}},
		{ID: 3, BeganAt: at, Release: "def", Role: "app", Took: time.Second, Error: "it failed", Statements: []record.Statement{{SQL: "SELECT 1", Class: "safe", Error: "division by zero"}}},
		{ID: 2, BeganAt: at, Release: "abc", Role: "app"},
		{ID: 1, BeganAt: at, Took: time.Second, Digest: "ff", Statements: []record.Statement{{SQL: "CREATE SCHEMA x"}}},
	}
	var text strings.Builder
	for _, m := range all {
		text.WriteString(describeMigration(m))
	}
	var list bytes.Buffer
	if err := writeJSON(&list, listMigrations(all)); err != nil {
		t.Fatal(err)
	}
	golden(t, "history.txt", text.String())
	golden(t, "history.json", list.String())
}

func TestDifferenceIsShown(t *testing.T) {
	t.Parallel()
	d := snapshot.Difference{
		Missing: []snapshot.Finding{{Object: "orders.note", Text: "the column orders.note is missing"}},
		More:    []snapshot.Finding{{Object: "todo", Text: "the table todo is in no file"}},
	}
	golden(t, "verify.txt", describe(d)+describe(snapshot.Difference{}))
}

func TestOptionsOfMigrate(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--plan --verify":             "--plan and --verify are different tasks",
		"--adopt --history":           "--history and --adopt are different tasks",
		"--exit-code":                 "--exit-code does not go alone: it is for --plan",
		"--limit 3 --plan":            "--limit does not go with --plan",
		"--history --limit 0":         "--limit: want 1 or more",
		"--sql --json":                "--json does not go with --sql",
		"--verify --allow drop:a":     "--allow does not go with --verify",
		"--plan --cancel-blockers":    "--cancel-blockers does not go with --plan",
		"--allow orders.note":         "want KIND:OBJECT",
		"--allow remove:orders":       "KIND is one of drop, drop-index",
		"--allow drop:":               "want KIND:OBJECT",
		"--plan":                      "DATABASE_URL is not set",
		"--schema testdata --plan":    "DATABASE_URL is not set",
		"--allow drop:a --allow type": "want KIND:OBJECT",
	} {
		_, errOut, status := verb(t, nil, append([]string{"migrate"}, strings.Fields(args)...)...)
		if status != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: status %d, want %d and %q in:\n%s", args, status, exitUsage, want, errOut)
		}
	}
}

// folder writes a schema whose table orders has more.
func folder(t *testing.T, dir, more string) string {
	t.Helper()
	text := "schema \"public\" {}\n" + schematest.Table("orders", more)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "orders.hcl"), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A schema is tried, applied and looked at without building, and with DATABASE_URL alone.
func TestSchemaOfAFolder(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.Empty(t)}
	dir := folder(t, t.TempDir(), "column \"note\" {\n type = text\n null = true\n}\n")
	run := func(want int, args ...string) string {
		t.Helper()
		out, errOut, status := verb(t, env, append([]string{"migrate", "--schema", dir}, args...)...)
		if status != want {
			t.Fatalf("%q: status %d, want %d:\n%s%s", args, status, want, out, errOut)
		}
		return out + errOut
	}
	contains := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	contains(run(exitToDo, "--plan", "--exit-code"), "CREATE TABLE")
	contains(run(exitFailure, "--verify"), "the table orders is missing")
	contains(run(exitOK, "--history"), "No migration of this database is recorded.")
	contains(run(exitOK), "applied in ")
	contains(run(exitOK, "--plan", "--exit-code"), "nothing to do")
	contains(run(exitOK, "--verify"), "has all that the schema says")

	folder(t, dir, "")
	var listed []planned
	if err := json.Unmarshal([]byte(run(exitOK, "--plan", "--json")), &listed); err != nil || len(listed) == 0 || listed[0].Allow != "drop:orders.note" {
		t.Errorf("got %+v, %v, want a step that needs drop:orders.note", listed, err)
	}
	contains(run(exitFailure), "--allow drop:orders.note")
	contains(run(exitFailure, "--development"), "router dev --reset")
	contains(run(exitFailure, "--sql"), "--allow drop:orders.note")
	contains(run(exitOK, "--sql", "--allow", "drop:orders.note"), `\set ON_ERROR_STOP on`)
	contains(run(exitOK, "--allow", "drop:orders.note"), "applied in ")
	contains(run(exitOK, "--history"), "DROP COLUMN")
	var past []pastMigration
	if err := json.Unmarshal([]byte(run(exitOK, "--history", "--json", "--limit", "1")), &past); err != nil || len(past) != 1 || past[0].Role == "" || past[0].Release == "" {
		t.Errorf("the history is %+v, %v", past, err)
	}
}

func TestConsentsInDevelopment(t *testing.T) {
	t.Parallel()
	refusal := func(classes ...plan.Class) error {
		e := &migrate.RefusedError{}
		for i, c := range classes {
			e.Steps = append(e.Steps, plan.Step{Class: c, Allow: fmt.Sprint("a", i)})
		}
		return e
	}
	for _, tt := range []struct {
		err  error
		want []string
	}{
		{refusal(plan.Slow, plan.Breaking), []string{"a0", "a1"}},
		{refusal(plan.Slow, plan.Losing), nil},
		{refusal(plan.Unsupported), nil},
		{errors.New("other"), nil},
	} {
		if diff := cmp.Diff(tt.want, unlessLosing(tt.err)); diff != "" {
			t.Errorf("%v: (-want +got)\n%s", tt.err, diff)
		}
	}
}

// What only migrating reads is listed, and asked of nobody.
func TestScratchDatabaseIsListed(t *testing.T) {
	t.Parallel()
	out, _, _ := verb(t, []string{"SCRATCH_DATABASE_URL=postgres://u:hunter2@h/x"}, "env")
	if !strings.Contains(out, "SCRATCH_DATABASE_URL") || strings.Contains(out, "hunter2") {
		t.Errorf("env says:\n%s", out)
	}
	r := config.NewReader(func(string) string { return "nonsense" })
	config.Read[config.Migration](r)
	if r.Err() == nil {
		t.Error("a malformed address is taken")
	}
}

// What somebody applies by hand counts as applied.
func TestPlanByHand(t *testing.T) {
	t.Parallel()
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed")
	}
	url := dbtest.Empty(t)
	dir := folder(t, t.TempDir(), "")
	run := func(want string, args ...string) string {
		t.Helper()
		out, errOut, status := verb(t, []string{"DATABASE_URL=" + url}, append([]string{"migrate", "--schema", dir}, args...)...)
		if status != exitOK || !strings.Contains(out, want) {
			t.Fatalf("%q: status %d, want %q in:\n%s%s", args, status, want, out, errOut)
		}
		return out
	}
	byHand := func() string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "plan.sql")
		text := run(`\set`, "--sql")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), psql, url, "-f", file).CombinedOutput(); err != nil {
			t.Fatalf("psql: %v\n%s\n%s", err, out, text)
		}
		run("by hand", "--history", "--limit", "1")
		run("nothing to do", "--plan")
		run("nothing to do")
		run("by hand", "--history", "--limit", "1") // which needed nothing more
		return text
	}
	byHand()
	for name, text := range map[string]string{
		"010_code.sql":   "CREATE FUNCTION code() RETURNS text LANGUAGE sql AS $$ SELECT 'a;b' $$; -- An end.\n",
		"020_rows.sql":   "INSERT INTO orders (id) SELECT generate_series(1, 100);\n",
		"030_states.sql": "-- +batches\nUPDATE orders SET state = 'new\nline' WHERE id IN (SELECT id FROM orders WHERE state IS NULL LIMIT 30); -- All.\n",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, "sql"), 0o755), os.WriteFile(filepath.Join(dir, "sql", name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	const state = "column \"state\" {\n type = text\n null = true\n}\nindex \"orders_state\" { columns = [column.state] }\n"
	folder(t, dir, state)
	byHand()
	folder(t, dir, state+"column \"token\" {\n type = uuid\n default = sql(\"gen_random_uuid()\")\n}\n") // of each row its own
	if text := byHand(); !strings.Contains(text, "next_page_") {
		t.Errorf("the column is not filled in batches:\n%s", text)
	}
}
