package db_test

import (
	"cmp"
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
	for th.waiting(t) < queries {
		if t.Failed() {
			t.FailNow() // who should wait has ended
		}
	}
}

// waiting returns how many queries wait for a lock.
func (th *things) waiting(t *testing.T) (queries int) {
	t.Helper()
	err := th.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&queries)
	if err != nil {
		t.Fatal(err)
	}
	return queries
}

// hold has as many queries wait for a lock as may be under way at once, until release is called.
func (th *things) hold(t *testing.T) (release func()) {
	t.Helper()
	unlock := th.lock(t)
	var held sync.WaitGroup
	for i := range 2 {
		held.Go(func() {
			if name, err := th.names.Get(t.Context(), "0", 1); name != "name 0" || err != nil {
				t.Errorf("who holds others up: got %q, %v", name, err)
			}
		})
		th.wait(t, i+1) // or the next would go with it
	}
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

// atOnce has n callers ask, while the connections that were idle are held until all are under way.
func atOnce(t *testing.T, d *db.DB, n int, ask func(i int)) {
	t.Helper()
	held := d.AcquireAllIdle(t.Context())
	var asking sync.WaitGroup
	for i := range n {
		asking.Go(func() { ask(i) })
	}
	for _, conn := range held {
		conn.Release()
	}
	asking.Wait()
}

// asked tells how calls that shared a trip have asked.
func (th *things) asked(t *testing.T) string {
	t.Helper()
	as := "pipeline"
	for _, conn := range th.AcquireAllIdle(t.Context()) {
		one := false
		err := conn.QueryRow(t.Context(), `SELECT count(*) > 0 FROM pg_prepared_statements WHERE statement LIKE '%unnest%LATERAL%'`, pgx.QueryExecModeExec).Scan(&one)
		if err != nil {
			t.Error(err)
		}
		if conn.Release(); one {
			as = "one"
		}
	}
	return as
}

// Whatever the query, who shares a trip gets what a query of its own would have got.
func TestLookupForms(t *testing.T) {
	t.Parallel()
	type any3 = [3]any
	id := func(i int) []any { return []any{fmt.Sprint(i)} }
	for name, c := range map[string]struct {
		sql  string
		args func(i int) []any
		as   string // one statement, or a pipeline; "" where some fail, after which pgx forgets statements
	}{
		"a text":          {`SELECT name, id, NULL::text FROM thing WHERE id = $1`, id, "one"},
		"two":             {`SELECT name, id, $2::bigint FROM thing WHERE id = $1 AND $2 % 2 = 0`, func(i int) []any { return []any{fmt.Sprint(i), i} }, "one"},
		"NULL":            {`SELECT name, id, $1::text FROM thing WHERE $1::text IS NULL AND id = $2`, func(i int) []any { return []any{[]any{nil, "a"}[i%2], fmt.Sprint(i)} }, "one"},
		"several types":   {`SELECT name, id, NULL FROM thing WHERE id = $1`, func(i int) []any { return []any{[]any{fmt.Sprint(i), new(fmt.Sprint(i))}[i%2]} }, "one"},
		"several rows":    {`SELECT name, id, n FROM thing, generate_series(1, $2) AS n WHERE id = $1`, func(i int) []any { return []any{fmt.Sprint(i), i % 3} }, "one"},
		"columns alike":   {`SELECT a.id, b.id, a.id FROM thing a JOIN thing b ON a.id = b.id WHERE a.id = $1`, id, "one"},
		"whole rows":      {`SELECT i.id, a1.id, i::text || to_jsonb(a1) FROM thing AS i JOIN thing AS a1 ON a1 IS NOT NULL AND i.id = a1.id WHERE i.id = $1`, id, "one"},
		"its own bounds":  {`SELECT name, id, 1 FROM thing WHERE id >= $1 ORDER BY id LIMIT 1`, id, "one"},
		"a time":          {`SELECT name, id, $2::timestamptz FROM thing WHERE id = $1`, func(i int) []any { return []any{fmt.Sprint(i), time.Unix(int64(i), 0).UTC()} }, "one"},
		"a type of ours":  {`SELECT name, id, $2::mood FROM thing WHERE id = $1`, func(i int) []any { return []any{fmt.Sprint(i), []string{"good", "bad"}[i%2]} }, "pipeline"},
		"dollar quotes":   {`SELECT name, id, $$$1$$ FROM thing WHERE id = $1`, id, "pipeline"},
		"a name of ours":  {`SELECT name, id, switchyard_asked_1 FROM (SELECT 'x' AS switchyard_asked_1) AS x, thing WHERE id = $1`, id, "pipeline"},
		"a bound":         {`SELECT max(name), max(id), max($1) FROM thing WHERE id = $1`, id, "pipeline"},
		"names":           {`SELECT name, id, 1 FROM thing WHERE id = @id`, func(i int) []any { return []any{pgx.NamedArgs{"id": fmt.Sprint(i)}} }, "pipeline"},
		"some that fail":  {`SELECT name, id, 1 / $2::bigint FROM thing WHERE id = $1`, func(i int) []any { return []any{fmt.Sprint(i), i % 2} }, ""},
		"a second fails":  {`SELECT name, id, 1 / (2 - n) FROM thing, generate_series(1, $2) AS n WHERE id = $1`, func(i int) []any { return []any{fmt.Sprint(i), i % 3} }, ""},
		"no statement":    {`SELECT name, id, $2::regclass::text FROM thing WHERE id = $1`, func(i int) []any { return []any{fmt.Sprint(i), []string{"thing", "nothing"}[i%2]} }, ""},
		"wrong arguments": {`SELECT name, id, 1 FROM thing WHERE id = $1`, func(i int) []any { return []any{fmt.Sprint(i), 1}[:1+i%2] }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := openThings(t, pgx.QueryExecModeCacheStatement)
			if _, err := th.Exec(t.Context(), `CREATE TYPE mood AS ENUM ('good', 'bad')`); err != nil {
				t.Fatal(err)
			}
			scan := func(row pgx.CollectableRow) (a any3, err error) {
				values, err := row.Values()
				if len(values) != 3 || len(row.FieldDescriptions()) != 3 || len(row.RawValues()) != 3 {
					return a, fmt.Errorf("%d columns", len(values))
				}
				return any3(values), cmp.Or(err, row.Scan(nil, nil, nil))
			}
			var want [20]string // what a query of its own says to each call
			for i := range want {
				rows, err := th.Query(t.Context(), c.sql, c.args(i)...)
				var row any3
				if err == nil {
					row, err = pgx.CollectExactlyOneRow(rows, scan)
				}
				want[i] = fmt.Sprint(row, err)
			}
			lookup := db.NewLookup(th.DB, c.sql, scan)
			for shared := false; !shared; { // until some have asked together, so that there were fewer trips than calls, or more if they failed
				before := th.Stat().AcquireCount()
				atOnce(t, th.DB, len(want), func(i int) {
					row, err := lookup.Get(t.Context(), c.args(i)...)
					if got := fmt.Sprint(row, err); got != want[i] {
						t.Errorf("%d: got %s, want %s", i, got, want[i])
					}
				})
				shared = th.Stat().AcquireCount()-before != int64(len(want))
			}
			if as := th.asked(t); c.as != "" && as != c.as {
				t.Errorf("they were asked as %s, want %s", as, c.as)
			}
		})
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
	for i := range 2 {
		hanging.Go(func() {
			if _, err := th.names.Get(t.Context(), "0", 1); !fault.Is(err, fault.Unavailable) {
				t.Errorf("what hangs: got %v, want fault.Unavailable", err)
			}
		})
		th.wait(t, i+1) // or the next would go with it
	}
	if name, err := th.names.Get(t.Context(), "1", 2); name != "name 1" || err != nil {
		t.Errorf("behind what hangs: got %q, %v", name, err)
	}
	hanging.Wait()
}

// Connections that have broken unnoticed are nobody's error.
func TestLookupBroken(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	for range 5 {
		th.breakIdle(t)
		var asking sync.WaitGroup
		th.ask(t, &asking, 20)
		asking.Wait()
	}
}

// breakIdle ends all connections of a full pool, which does not know.
func (th *things) breakIdle(t *testing.T) {
	t.Helper()
	var using sync.WaitGroup
	for range 6 {
		using.Go(func() { _, _ = th.Exec(t.Context(), `SELECT pg_sleep(0.02)`) })
	}
	using.Wait()
	other, err := pgx.ConnectConfig(t.Context(), th.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(context.WithoutCancel(t.Context())) }()
	_, err = other.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND state = 'idle' AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
}

// A lookup sees what was committed before it began, whatever is under way.
func TestLookupIsFresh(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	th.insert(t, func(id string) {
		if name, err := th.names.Get(t.Context(), id, 2); name != id || err != nil {
			t.Errorf("%s: got %q, %v", id, name, err)
		}
	})
}

// insert inserts 300 things, ten at the same time, and calls read with the id of each when it is there.
func (th *things) insert(t *testing.T, read func(id string)) {
	t.Helper()
	var writing sync.WaitGroup
	for i := range 10 {
		writing.Go(func() {
			for j := range 30 {
				id := fmt.Sprintf("new %d %d", i, j)
				if _, err := th.Exec(t.Context(), `INSERT INTO thing VALUES ($1, $1)`, id); err != nil {
					t.Error(err)
				}
				read(id)
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

// PostgreSQL plans what is asked for together once, however few or many ask.
func TestLookupIsPlannedOnce(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.MaxConns = 1 })
	if _, err := d.Exec(t.Context(), `CREATE TABLE thing AS SELECT i::text AS id FROM generate_series(0, 9999) AS i; CREATE UNIQUE INDEX ON thing (id); ANALYZE thing`); err != nil {
		t.Fatal(err)
	}
	ids := db.NewLookup(d, `SELECT id FROM thing WHERE id = $1`, pgx.RowTo[string])
	for custom, generic, rounds := 0, 0, 0; generic < 30; rounds++ {
		if rounds > 1000 {
			t.Fatalf("in %d rounds %d were asked for together", rounds, custom+generic)
		}
		atOnce(t, d, 3+generic, func(i int) { // more than there may be trips
			if id, err := ids.Get(t.Context(), fmt.Sprint(i)); id != fmt.Sprint(i) || err != nil {
				t.Errorf("%d: got %q, %v", i, id, err)
			}
		})
		err := d.QueryRow(t.Context(), `SELECT coalesce(sum(custom_plans), 0), coalesce(sum(generic_plans), 0) FROM pg_prepared_statements
			WHERE statement LIKE '%unnest%' AND statement NOT LIKE '%pg_prepared_statements%'`).Scan(&custom, &generic)
		if err != nil || custom > 5 { // as many as PostgreSQL plans anew before it compares
			t.Fatalf("%d plans of their own, %d in common, %v", custom, generic, err)
		}
	}
}
