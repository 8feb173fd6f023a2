package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// things are a table, and a Lookup in it. A query that names a lock waits for it.
type things struct {
	*db.DB

	names *db.Lookup[string]
	left  atomic.Int32 // so often scan did not return
}

// Names with which the Lookup's scan panics, or ends its goroutine.
const (
	panics = "panics"
	exits  = "exits"
)

// openThings opens them in pgx's way to make queries.
func openThings(t *testing.T, mode pgx.QueryExecMode) *things {
	t.Helper()
	d := open(t, func(c *config.Database) {
		c.MaxConns = 6
		c.URL = with(t, c.URL, "default_query_exec_mode", strings.ReplaceAll(mode.String(), " ", "_"))
	})
	if _, err := d.Exec(t.Context(), `CREATE TABLE thing (id text PRIMARY KEY, name text NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), `INSERT INTO thing SELECT i::text, 'name ' || i FROM generate_series(0, 99) AS i`); err != nil {
		t.Fatal(err)
	}
	th := &things{DB: d}
	scan := func(row pgx.CollectableRow) (name string, err error) {
		switch err = row.Scan(&name); name {
		case panics:
			th.left.Add(1)
			panic(name)
		case exits:
			th.left.Add(1)
			runtime.Goexit()
		}
		return name, err
	}
	th.names = db.NewLookup(d, `SELECT name FROM thing, pg_advisory_xact_lock_shared($2) WHERE id = $1`, scan)
	return th
}

// lock takes lock 1 until release is called.
func (th *things) lock(t *testing.T) (release func()) {
	t.Helper()
	tx, err := th.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(1)`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

// wait waits until so many queries wait for a lock.
func (th *things) wait(t *testing.T, queries int) {
	t.Helper()
	for waiting := 0; waiting < queries; {
		err := th.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// hold has as many queries wait for a lock as may be under way at once, until release is called.
func (th *things) hold(t *testing.T) (release func()) {
	t.Helper()
	unlock := th.lock(t)
	var held sync.WaitGroup
	for range 2 {
		held.Go(func() {
			if name, err := th.names.Get(t.Context(), "0", 1); name != "name 0" || err != nil {
				t.Errorf("who holds others up: got %q, %v", name, err)
			}
		})
	}
	th.wait(t, 2)
	return func() {
		unlock()
		held.Wait()
	}
}

// ask asks for the first n things, which are there.
func (th *things) ask(t *testing.T, asking *sync.WaitGroup, n int) {
	t.Helper()
	for i := range n {
		asking.Go(func() {
			if name, err := th.names.Get(t.Context(), fmt.Sprint(i), 2); name != fmt.Sprint("name ", i) || err != nil {
				t.Errorf("%d: got %q, %v", i, name, err)
			}
		})
	}
}

// What is asked for while others ask goes to the database together, and each gets its own answer.
func TestLookup(t *testing.T) {
	t.Parallel()
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			share(t, openThings(t, mode))
		})
	}
}

func share(t *testing.T, th *things) {
	t.Helper()
	const calls = 150
	for trips := int64(calls); trips >= calls; { // until some have asked before the others had their answers
		release := th.hold(t)
		before := th.Stat().AcquireCount()
		var asking sync.WaitGroup
		for i := range calls {
			asking.Go(func() {
				name, err := th.names.Get(t.Context(), fmt.Sprint(i), 2)
				if i < 100 && (err != nil || name != fmt.Sprint("name ", i)) || i >= 100 && !errors.Is(err, pgx.ErrNoRows) {
					t.Errorf("%d: got %q, %v", i, name, err)
				}
			})
		}
		release()
		asking.Wait()
		trips = th.Stat().AcquireCount() - before
	}
}

// What is wrong with one call is not wrong with those beside it.
func TestLookupApart(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	for range 5 {
		release := th.hold(t)
		gone, leave := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		th.ask(t, &asking, 20)
		asking.Go(func() {
			if _, err := th.names.Get(t.Context(), "a zero byte: \x00", 2); !fault.Is(err, fault.Invalid) {
				t.Errorf("what cannot be a text: got %v, want fault.Invalid", err)
			}
		})
		asking.Go(func() {
			if _, err := th.names.Get(t.Context(), "1", "no number"); err == nil {
				t.Error("what is no number was found")
			}
		})
		asking.Go(func() {
			if _, err := th.names.Get(gone, "1", 1); !errors.Is(err, context.Canceled) {
				t.Errorf("whose caller is gone: got %v, want that", err)
			}
		})
		leave()
		release()
		asking.Wait()
	}
}

// A scan that does not return ends the call that asked, and none beside it.
func TestLookupLeft(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	if _, err := th.Exec(t.Context(), `INSERT INTO thing VALUES ('panics', 'panics'), ('exits', 'exits')`); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{panics, exits} {
		for th.left.Store(0); th.left.Load() < 2; { // until it has left a trip, and then its own call
			th.left.Store(0)
			release := th.hold(t)
			var asking sync.WaitGroup
			asking.Go(func() {
				defer func() {
					if said := recover(); said == nil != (id == exits) {
						t.Errorf("%s: recovered %v", id, said)
					}
				}()
				_, _ = th.names.Get(t.Context(), id, 2)
				t.Errorf("%s: its call goes on", id)
			})
			th.ask(t, &asking, 20)
			release()
			asking.Wait()
		}
	}
}

// Queries that hang hold up the others for a while, and not for as long as their calls may take.
func TestLookupHangs(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	release := th.lock(t)
	defer release()
	var hanging sync.WaitGroup
	for range 2 {
		hanging.Go(func() {
			if _, err := th.names.Get(t.Context(), "0", 1); !fault.Is(err, fault.Unavailable) {
				t.Errorf("what hangs: got %v, want fault.Unavailable", err)
			}
		})
	}
	th.wait(t, 2)
	if name, err := th.names.Get(t.Context(), "1", 2); name != "name 1" || err != nil {
		t.Errorf("behind what hangs: got %q, %v", name, err)
	}
	hanging.Wait()
}

// Connections that have broken unnoticed are nobody's error.
func TestLookupBroken(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	other, err := pgx.ConnectConfig(t.Context(), th.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(context.WithoutCancel(t.Context())) }()
	for range 5 {
		var using sync.WaitGroup
		for range 6 {
			using.Go(func() { _, _ = th.Exec(t.Context(), `SELECT pg_sleep(0.02)`) })
		}
		using.Wait()
		_, err := other.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle' AND pid <> pg_backend_pid()`)
		if err != nil {
			t.Fatal(err)
		}
		var asking sync.WaitGroup
		th.ask(t, &asking, 20)
		asking.Wait()
	}
}

// A lookup sees what was committed before it began, whatever is under way.
func TestLookupIsFresh(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	var writing sync.WaitGroup
	for i := range 10 {
		writing.Go(func() {
			for j := range 30 {
				id := fmt.Sprintf("new %d %d", i, j)
				if _, err := th.Exec(t.Context(), `INSERT INTO thing VALUES ($1, $1)`, id); err != nil {
					t.Error(err)
				}
				if name, err := th.names.Get(t.Context(), id, 2); name != id || err != nil {
					t.Errorf("%s: got %q, %v", id, name, err)
				}
			}
		})
	}
	writing.Wait()
}

// Tables that change, and functions that have used up their share, are in nobody's way.
func TestLookupInTheWay(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	hold(t, th.DB, "api/bad")
	hold(t, th.DB, "api/bad")
	used, _ := called(t, "api/bad")
	ctx, cancel := context.WithTimeout(used, time.Minute)
	defer cancel()
	all := db.NewLookup(th.DB, `SELECT * FROM thing WHERE id = $1`, pgx.RowToMap)
	for round := range 4 {
		var asking sync.WaitGroup
		for i := range 20 {
			asking.Go(func() {
				row, err := all.Get(ctx, fmt.Sprint(i))
				if len(row) != 2+round || err != nil {
					t.Errorf("round %d: got %v, %v", round, row, err)
				}
			})
		}
		asking.Wait()
		if _, err := th.Exec(t.Context(), fmt.Sprintf(`ALTER TABLE thing ADD more%d text`, round)); err != nil {
			t.Fatal(err)
		}
	}
}
