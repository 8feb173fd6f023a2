package stacktest

import (
	"errors"
	"testing"

	"switchyard/internal/stack"
)

// Pooler starts PgBouncer in a mode, "transaction" for one, before a database, and returns the
// URL of the database through it. It stops with the test. Where there is no PgBouncer, the
// test is skipped.
func Pooler(tb testing.TB, database, mode string) (url string) {
	tb.Helper()
	dir, remove, err := stack.TempDir()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := remove(); err != nil {
			tb.Error(err)
		}
	})
	p, err := stack.StartPgBouncer(tb.Context(), stack.PgBouncerOptions{Options: stack.Options{Dir: dir}, Database: database, Mode: mode})
	if errors.Is(err, stack.ErrNoPgBouncer) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return p.URL
}
