package dbtest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestNew(t *testing.T) {
	t.Parallel()
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			// It would be there already if two tests shared a database.
			if _, err := d.Exec(t.Context(), "CREATE TABLE mine (id int)"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	plan, err := migrate.Plan(t.Context(), dbtest.URL(t), dbtest.Schema(t), migrate.Options{})
	if err != nil || len(plan.Steps) != 0 {
		t.Errorf("the database does not have the schema: %v, %+v", err, plan.Steps)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), dbtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const count = `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`
	var n int
	if err := conn.QueryRow(t.Context(), count).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("it has %d tables", n)
	}
}

func TestNobodyConnectsAfterATest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("uses a database and leaves a connection open", func(t *testing.T) {
		url = dbtest.URL(t)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database lets somebody connect after its test")
	}
}

// What a test pays for its database: to create, to open, to ask it once, and to give it up.
func BenchmarkNew(b *testing.B) {
	dbtest.URL(b) // starts the server
	for b.Loop() {
		once := &cleaner{TB: b}
		if err := dbtest.New(once).Ping(b.Context()); err != nil {
			b.Fatal(err)
		}
		once.clean()
	}
}

// cleaner is a test within a benchmark, which has its cleanups when it says so.
type cleaner struct {
	testing.TB
	cleanups []func()
}

func (c *cleaner) Cleanup(f func()) { c.cleanups = append(c.cleanups, f) }

func (c *cleaner) clean() {
	for _, f := range slices.Backward(c.cleanups) {
		f()
	}
}
