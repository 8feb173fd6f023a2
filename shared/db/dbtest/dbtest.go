// Package dbtest gives tests real databases.
//
// One PostgreSQL server per test process is started when it is first asked for
// and stopped by [Main]. Each test gets a database of its own, so that tests may
// run in parallel:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
//	func TestCreate(t *testing.T) {
//		t.Parallel()
//		f := create.Function{DB: dbtest.New(t)}
//		…
//	}
//
// A test whose database cannot be had fails; it is never skipped.
package dbtest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"switchyard/internal/schema"
	"switchyard/shared/config"
	"switchyard/shared/db"
)

// Main runs the tests and exits. It is all of a TestMain.
func Main(m *testing.M) { os.Exit(Run(m.Run)) }

// Run calls run, which runs the tests, stops the server, and returns what run
// returned. It is for a TestMain that has more to do:
//
//	os.Exit(dbtest.Run(func() int { return buckettest.Run(m.Run) }))
func Run(run func() int) int { return shared.Run(run) }

// New returns a database with the schema of the project in whose folder the test runs, and
// no data. It is closed after the test, and nobody can connect to it any more.
func New(t testing.TB) *db.DB {
	t.Helper()
	return open(t, URL(t))
}

// Unprepared returns databases as [New] makes them, by the modes in which pgx prepares no statement, as
// some poolers want it: see default_query_exec_mode. What a statement is given is then written as its
// Go type says, whatever the database wants there.
func Unprepared(t testing.TB) map[string]*db.DB {
	t.Helper()
	all := map[string]*db.DB{}
	for _, mode := range []string{"exec", "simple_protocol"} {
		all[mode] = open(t, URL(t)+"&default_query_exec_mode="+mode)
	}
	return all
}

// URL returns the URL of a database as New makes it, for this test alone.
func URL(t testing.TB) string {
	t.Helper()
	s := get(t)
	template, err := s.template(t.Context())
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	return database(t, s, " TEMPLATE "+template)
}

// Schema returns the schema of those databases.
func Schema(t testing.TB) schema.Source {
	t.Helper()
	s, err := findSchema()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Empty returns the URL of a database with nothing in it, for this test alone.
func Empty(t testing.TB) string {
	t.Helper()
	return database(t, get(t), "")
}

func open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(url)})
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the test's database: %v", err)
		}
	})
	return d
}

// get returns the server of this test process.
func get(t testing.TB) *server {
	t.Helper()
	s, err := shared.Get(t.Context())
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	return s
}

// database creates one, with the given clause, and gives it up after the test.
func database(t testing.TB, s *server, clause string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	url, err := s.create(t.Context(), name, clause)
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	ctx := context.WithoutCancel(t.Context()) // which ends before the cleanup begins
	t.Cleanup(func() {
		if err := s.retire(ctx, name); err != nil {
			t.Errorf("give up the test's database: %v", err)
		}
	})
	return url
}
