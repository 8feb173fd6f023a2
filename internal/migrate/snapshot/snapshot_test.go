package snapshot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/snapshot"
	"switchyard/shared/db/dbtest"
)

var update = flag.Bool("update", false, "write the golden files") //nolint:gochecknoglobals // a flag

func TestMain(m *testing.M) { dbtest.Main(m) }

// database returns a connection to a database in which sql ran, for as long as the test runs.
func database(t *testing.T, sql string) *pgx.Conn {
	t.Helper()
	return connect(t, dbtest.Empty(t), sql)
}

func connect(t *testing.T, url, sql string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	return conn
}

func read(t *testing.T, on snapshot.Beginner, schemas ...string) snapshot.Snapshot {
	t.Helper()
	s, err := snapshot.Read(t.Context(), on, schemas)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// everything returns a database that has one of everything.
func everything(t *testing.T) (*pgx.Conn, snapshot.Snapshot) {
	t.Helper()
	sql, err := os.ReadFile("testdata/everything.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn := database(t, string(sql))
	return conn, read(t, conn, "public", "switchyard_internal", "auth", "Weird schema")
}

func TestRead(t *testing.T) {
	t.Parallel()
	_, s := everything(t)
	if s.Server == "" {
		t.Error("the version of the server is not known")
	}
	s.Server = "" // the file is of no version
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/everything.json"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s\n-update writes the file", diff)
	}
}

// What the record of migrations keeps is what was read.
func TestJSON(t *testing.T) {
	t.Parallel()
	_, s := everything(t)
	for _, want := range []snapshot.Snapshot{s, read(t, database(t, ""), "nowhere")} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got snapshot.Snapshot
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(snapshot.Object{}, "Reads")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// A transaction of the caller's is read with what it has made, and goes on.
func TestReadInTransaction(t *testing.T) {
	t.Parallel()
	conn := database(t, "")
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `CREATE TABLE made (id int)`); err != nil {
		t.Fatal(err)
	}
	if s := read(t, tx, "public"); len(s.Tables) != 1 {
		t.Errorf("got tables %v", s.Tables)
	}
	if _, err := tx.Exec(t.Context(), `DROP TABLE made`); err != nil {
		t.Errorf("the transaction does not go on as it was: %v", err)
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	_, s := everything(t)
	for name, want := range map[string]string{
		"sad": "orders.id orders.note orders.feels", "sadder": "", "how_many": "orders.",
		"prices": "orders.price", "notes()": "orders.note", "of_order(public.orders)": "orders.",
		"touch": "orders.note orders.price", "asleep": "", "nothing": "", "own": "orders.note", "strict": "orders.price",
		"orders_stats": "orders.note orders.price", "total(integer, integer[])": "",
	} {
		var got []string
		for _, o := range s.Objects {
			if o.Name.Name == name {
				for _, r := range o.Reads {
					got = append(got, r.Table.String()+"."+r.Column)
				}
			}
		}
		sorted := cmpopts.SortSlices(strings.Compare)
		if diff := cmp.Diff(strings.Fields(want), got, sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A role with no right on a table reads the same.
func TestReadAsAnybody(t *testing.T) {
	t.Parallel()
	conn, want := everything(t)
	if _, err := conn.Exec(t.Context(), `CREATE ROLE anybody_reads; SET ROLE anybody_reads`); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read(t, conn, "public", "auth", "Weird schema")); diff != "" {
		t.Errorf("(-owner +anybody):\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           snapshot.Name
		string, quoted string
	}{
		{snapshot.Name{Schema: "public", Name: "orders"}, "orders", `"public"."orders"`},
		{snapshot.Name{Schema: "auth", Name: `a"b`}, `auth.a"b`, `"auth"."a""b"`},
		{snapshot.Name{Name: "citext"}, "citext", `"citext"`},
	} {
		if c.name.String() != c.string || c.name.Quoted() != c.quoted {
			t.Errorf("%#v: got %s and %s, want %s and %s", c.name, c.name, c.name.Quoted(), c.string, c.quoted)
		}
	}
}
