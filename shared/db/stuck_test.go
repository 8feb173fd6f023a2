package db_test

import (
	"testing"
	"time"

	"switchyard/shared/db/dbtest"
)

// TestStuck holds all connections of a pool, while it is used by others, while the database
// is away, and while nothing of that is so: only then the pool is stuck.
func TestStuck(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	stuck := d.Stuck()
	is := func(want bool, when string) {
		t.Helper()
		if want { // at last: the database has two seconds to answer, and is let off if it does not
			eventually(t, when, func() bool { return stuck(t.Context()) != nil })
		} else if err := stuck(t.Context()); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	is(false, "idle")
	var release []func()
	for range d.Config().MaxConns {
		conn, err := d.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		release = append(release, conn.Release)
	}
	is(false, "busy: connections were taken since")
	is(true, "nobody got one since")
	is(true, "nor now")

	server := operate(t, d)
	server.exec(`ALTER DATABASE ` + server.name + ` ALLOW_CONNECTIONS false`)
	is(false, "the database takes nobody")
	server.exec(`ALTER DATABASE ` + server.name + ` ALLOW_CONNECTIONS true`)
	is(true, "it does again")

	given := make(chan struct{})
	go func() { // somebody waits, and gets one
		defer close(given)
		if conn, err := d.Acquire(t.Context()); err == nil {
			time.Sleep(time.Millisecond)
			conn.Release()
		}
	}()
	release[0]()
	<-given
	is(false, "one came back")
	for _, f := range release[1:] {
		f()
	}
	is(false, "all are back")
}
