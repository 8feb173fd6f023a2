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

	"switchyard/shared/config"
	"switchyard/shared/db"
)

// Main runs the tests and exits. It is all of a TestMain.
func Main(m *testing.M) { os.Exit(Run(m.Run)) }

// Run calls run, which runs the tests, stops the server, and returns what run
// returned. It is for a TestMain that has more to do:
//
//	os.Exit(dbtest.Run(func() int { return buckettest.Run(m.Run) }))
func Run(run func() int) int {
	shared.open()
	code := run()
	if err := shared.close(); err != nil {
		_, _ = os.Stderr.WriteString("dbtest: " + err.Error() + "\n")
		return max(code, 1)
	}
	return code
}

// New returns a database with the schema of schema.hcl and no data. It is closed
// and dropped after the test.
func New(t testing.TB) *db.DB {
	t.Helper()
	return open(t, URL(t))
}

// URL returns the URL of a database as New makes it, dropped after the test.
func URL(t testing.TB) string {
	t.Helper()
	template, err := shared.template(t.Context())
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	return database(t, " TEMPLATE "+template)
}

// Empty returns the URL of a database with nothing in it, dropped after the test.
func Empty(t testing.TB) string {
	t.Helper()
	return database(t, "")
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

// database creates one, with the given clause, and drops it after the test.
func database(t testing.TB, clause string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	url, err := shared.create(t.Context(), name, clause)
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	ctx := context.WithoutCancel(t.Context()) // which ends before the cleanup begins
	t.Cleanup(func() {
		if err := shared.drop(ctx, name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return url
}
