package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/record"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// migrate records a migration without statements.
func migrate(t *testing.T, conn *pgx.Conn, digest, snapshot string) {
	t.Helper()
	run, err := record.Begin(t.Context(), conn, "v1")
	must(t, err)
	must(t, run.Finish(t.Context(), conn, digest, []byte(snapshot)))
}

func TestNothing(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	digest, snapshot, err := record.Last(t.Context(), conn)
	if digest != "" || snapshot != nil || err != nil {
		t.Errorf("Last = %q, %q, %v", digest, snapshot, err)
	}
	is, older, err := record.Recorded(t.Context(), conn, "a")
	if is || older || err != nil {
		t.Errorf("Recorded = %v, %v, %v", is, older, err)
	}
	if files, err := record.Scripts(t.Context(), conn); len(files) > 0 || err != nil {
		t.Errorf("Scripts = %v, %v", files, err)
	}
	if all, err := record.History(t.Context(), conn, 10); len(all) > 0 || err != nil {
		t.Errorf("History = %v, %v", all, err)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	must(t, record.Ensure(t.Context(), conn))
	must(t, record.Ensure(t.Context(), conn)) // again
	run, err := record.Begin(t.Context(), conn, "v1")
	must(t, err)
	done := record.Statement{
		SQL: "CREATE TABLE a ()", Object: "a", Class: "safe", Allowed: "x", File: "schema.hcl", BeganAt: time.Now(),
		Took: 3 * time.Second, Waited: 2 * time.Second, WaitedFor: "pid 4711", Error: "no",
	}
	must(t, run.Did(t.Context(), conn, done))
	if digest, _, err := record.Last(t.Context(), conn); digest != "" || err != nil {
		t.Errorf("Last = %q, %v before the migration is finished", digest, err)
	}
	must(t, run.Finish(t.Context(), conn, "d1", []byte(`{"tables": []}`)))
	failing, err := record.Begin(t.Context(), conn, "v2")
	must(t, err)
	must(t, failing.Fail(t.Context(), conn, "it is in the way"))

	all, err := record.History(t.Context(), conn, 10)
	must(t, err)
	want := []record.Migration{
		{Release: "v2", Error: "it is in the way"},
		{Release: "v1", Digest: "d1", Statements: []record.Statement{done}},
	}
	if diff := cmp.Diff(want, all, cmpopts.EquateApproxTime(time.Millisecond), cmpopts.IgnoreFields(record.Migration{}, "ID", "BeganAt", "Took", "Role")); diff != "" {
		t.Error(diff)
	}
	if one, err := record.History(t.Context(), conn, 1); len(one) != 1 || one[0].Release != "v2" || err != nil {
		t.Errorf("History of one = %v, %v", one, err)
	}
	digest, snapshot, err := record.Last(t.Context(), conn)
	if digest != "d1" || string(snapshot) != `{"tables": []}` || err != nil {
		t.Errorf("Last = %q, %s, %v", digest, snapshot, err)
	}
}

// The table as live databases have it.
func TestOld(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	_, err := conn.Exec(t.Context(), `CREATE SCHEMA switchyard_internal;
		CREATE TABLE switchyard_internal.migration (
			id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			applied_at timestamptz NOT NULL DEFAULT now(),
			duration   interval NOT NULL,
			digest     text NOT NULL,
			statements text[] NOT NULL
		);
		INSERT INTO switchyard_internal.migration (duration, digest, statements) VALUES ('2 s', 'old', '{CREATE TABLE a,CREATE TABLE b}')`)
	must(t, err)
	look := func() {
		t.Helper()
		all, err := record.History(t.Context(), conn, 10)
		must(t, err)
		last := all[len(all)-1]
		if last.Digest != "old" || last.Took != 2*time.Second || len(last.Statements) != 2 || last.Statements[1].SQL != "CREATE TABLE b" {
			t.Errorf("History = %+v", all)
		}
		if is, _, err := record.Recorded(t.Context(), conn, "old"); !is || err != nil {
			t.Errorf("Recorded = %v, %v", is, err)
		}
	}
	look()
	if digest, snapshot, err := record.Last(t.Context(), conn); digest != "old" || snapshot != nil || err != nil {
		t.Errorf("Last = %q, %q, %v", digest, snapshot, err)
	}
	must(t, record.Ensure(t.Context(), conn))
	look()
	migrate(t, conn, "new", "{}")
	look()
}

func TestRollingBack(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	must(t, record.Ensure(t.Context(), conn))
	migrate(t, conn, "a", `{"is": "a"}`)
	migrate(t, conn, "b", `{"is": "b"}`)
	must(t, record.InStep(t.Context(), conn, "v1", "a", []byte(`{"is": "a"}`))) // rolled back
	for digest, wantOlder := range map[string]bool{"a": true, "b": false} {
		if is, older, err := record.Recorded(t.Context(), conn, digest); !is || older != wantOlder || err != nil {
			t.Errorf("Recorded(%s) = %v, %v, %v", digest, is, older, err)
		}
	}
	if digest, snapshot, err := record.Last(t.Context(), conn); digest != "b" || string(snapshot) != `{"is": "b"}` || err != nil {
		t.Errorf("Last = %q, %s, %v", digest, snapshot, err)
	}
}

func TestInStep(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	must(t, record.Ensure(t.Context(), conn))
	for _, digest := range []string{"a", "a", "b", "b"} {
		must(t, record.InStep(t.Context(), conn, "v1", digest, []byte("{}")))
	}
	all, err := record.History(t.Context(), conn, 10)
	if len(all) != 2 || err != nil {
		t.Errorf("History = %v, %v", all, err)
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	must(t, record.Ensure(t.Context(), conn))
	run, err := record.Begin(t.Context(), conn, "v1")
	must(t, err)
	must(t, run.Script(t.Context(), conn, "001_a.sql", "1"))
	must(t, run.Script(t.Context(), conn, "001_a.sql", "2"))
	must(t, record.Found(t.Context(), conn, "002_b.sql", "3"))
	files, err := record.Scripts(t.Context(), conn)
	must(t, err)
	if diff := cmp.Diff(map[string]string{"001_a.sql": "2", "002_b.sql": "3"}, files); diff != "" {
		t.Error(diff)
	}
}

// Who may not read the tables hears which rights that takes.
func TestNoReader(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	must(t, record.Ensure(t.Context(), conn))
	_, err := conn.Exec(t.Context(), `SET ROLE pg_monitor`)
	must(t, err)
	_, _, err = record.Recorded(t.Context(), conn, "a")
	if err == nil || strings.Count(err.Error(), "read the record of migrations") != 1 || !strings.Contains(err.Error(), "GRANT USAGE ON SCHEMA switchyard_internal") {
		t.Errorf("got %v, want the rights that are missing", err)
	}
}

// Who may read the tables may not make any.
func TestReader(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.Empty(t))
	must(t, record.Ensure(t.Context(), conn))
	migrate(t, conn, "a", "{}")
	_, err := conn.Exec(t.Context(), `DO $$ BEGIN CREATE ROLE record_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		GRANT USAGE ON SCHEMA switchyard_internal TO record_reader;
		GRANT SELECT ON ALL TABLES IN SCHEMA switchyard_internal TO record_reader;
		SET ROLE record_reader`)
	must(t, err)
	if is, _, err := record.Recorded(t.Context(), conn, "a"); !is || err != nil {
		t.Errorf("Recorded = %v, %v", is, err)
	}
	if _, err := record.History(t.Context(), conn, 1); err != nil {
		t.Error(err)
	}
	must(t, record.Ensure(t.Context(), conn))
}
