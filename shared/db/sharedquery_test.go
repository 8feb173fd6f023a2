package db_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// shares returns a SharedQuery for the ids, like the first argument, of things. It waits for a lock, the
// second one. reads counts the rows that are scanned.
func (th *things) shares() (ids *db.SharedQuery[string], reads *atomic.Int32) {
	reads = &atomic.Int32{}
	const sql = `SELECT id FROM thing, pg_advisory_xact_lock_shared($2) WHERE id LIKE $1 ORDER BY id`
	return db.NewSharedQuery(th.DB, sql, func(row pgx.CollectableRow) (id string, err error) {
		reads.Add(1)
		err = row.Scan(&id)
		return id, err
	}), reads
}

// crowd are calls that ask at the same time.
type crowd struct {
	sync.WaitGroup

	asked atomic.Int32
}

// begin asks for the ids, like this, and wants a thing with that id alone. It waits until it is about to ask.
func (c *crowd) begin(t *testing.T, ids *db.SharedQuery[string], id string, lock int) {
	t.Helper()
	before := c.asked.Load()
	c.Go(func() {
		c.asked.Add(1)
		if got, err := ids.Get(t.Context(), id, lock); !slices.Equal(got, []string{id}) || err != nil {
			t.Errorf("%s: got %q, %v", id, got, err)
		}
	})
	for c.asked.Load() == before {
		runtime.Gosched()
	}
}

// Two queries are under way at once. Who asks meanwhile shares the next one with who asks for the same.
func TestSharedQuery(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	ids, reads := th.shares()
	for range 1000 { // who has not joined when the others begin needs one more query
		reads.Store(0)
		release := th.lock(t)
		var all crowd
		for i := range 2 {
			all.begin(t, ids, "1", 1)
			th.wait(t, i+1)
		}
		for range 20 {
			all.begin(t, ids, "1", 1)
			all.begin(t, ids, "2", 2)
		}
		release()
		all.Wait()
		if reads.Load() == 4 || t.Failed() {
			return
		}
	}
	t.Error("40 calls have never shared two queries")
}

// A query sees what was committed before it was asked for, whatever is under way.
func TestSharedQueryIsFresh(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	ids, _ := th.shares()
	th.insert(t, func(id string) {
		if got, err := ids.Get(t.Context(), "new%", 2); !slices.Contains(got, id) || err != nil {
			t.Errorf("%s is not among %d things; %v", id, len(got), err)
		}
	})
}

// Arguments that cannot be compared are asked for, too, as are those of which there are many.
func TestSharedQueryApart(t *testing.T) {
	t.Parallel()
	d := open(t, func(*config.Database) {})
	for sql, args := range map[string][]any{
		`SELECT unnest($1::text[])`:                       {[]string{"a"}},
		`SELECT 'a' WHERE $1::float8 = 'NaN'`:             {math.NaN()},
		`SELECT 'a' WHERE $1::text IS NULL`:               {nil},
		`SELECT 'a' WHERE 1 IN ($1, $2, $3, $4, $5::int)`: {5, 4, 3, 2, 1},
		`SELECT 'a'`: nil,
	} {
		q := db.NewSharedQuery(d, sql, pgx.RowTo[string])
		for range 2 {
			if got, err := q.Get(t.Context(), args...); !slices.Equal(got, []string{"a"}) || err != nil {
				t.Errorf("%s: got %q, %v", sql, got, err)
			}
		}
	}
	none := db.NewSharedQuery(d, `SELECT 'a' WHERE $1 > 1`, pgx.RowTo[string])
	if got, err := none.Get(t.Context(), 1); got == nil || len(got) > 0 || err != nil {
		t.Errorf("nothing: got %#v, %v", got, err)
	}
	if _, err := none.Get(t.Context(), "x"); err == nil {
		t.Error("an argument of another type has no error")
	}
}

// A scan that does not return ends each call that asked, and none after it.
func TestSharedQueryLeft(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	for _, how := range []string{panics, exits} {
		var leaves atomic.Bool
		leaves.Store(true)
		q := db.NewSharedQuery(th.DB, `SELECT id FROM thing WHERE id = $1`, func(row pgx.CollectableRow) (string, error) {
			switch {
			case !leaves.Load():
				return pgx.RowTo[string](row)
			case how == panics:
				panic(how)
			}
			runtime.Goexit()
			return "", nil
		})
		var asking sync.WaitGroup
		for range 20 {
			asking.Go(func() {
				defer func() {
					if said := recover(); said == nil != (how == exits) {
						t.Errorf("%s: recovered %v", how, said)
					}
				}()
				_, _ = q.Get(t.Context(), "1")
				t.Errorf("%s: its call goes on", how)
			})
		}
		asking.Wait()
		leaves.Store(false)
		if got, err := q.Get(t.Context(), "1"); len(got) != 1 || err != nil {
			t.Errorf("%s: then got %q, %v", how, got, err)
		}
	}
}

// Queries that hang take two connections, and hold up the others for a while. Nothing is asked for
// those who have left.
func TestSharedQueryHangs(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	release := th.lock(t)
	ids, reads := th.shares()
	var hanging sync.WaitGroup
	for i := range 2 {
		hanging.Go(func() {
			if _, err := ids.Get(t.Context(), fmt.Sprint(i), 1); !fault.Is(err, fault.Unavailable) {
				t.Errorf("what hangs: got %v, want fault.Unavailable", err)
			}
		})
		th.wait(t, i+1)
	}
	for i := range 10 {
		gone, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, err := ids.Get(gone, fmt.Sprint(i), 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who has left: got %v", err)
		}
		leave()
	}
	var last crowd
	last.begin(t, ids, "7", 2)
	if hang := th.waiting(t); hang != 2 {
		t.Errorf("%d queries hang, want 2", hang)
	}
	hanging.Wait()
	release()
	last.Wait()
	if n := reads.Load(); n != 1 {
		t.Errorf("%d things were read, want that of who has waited", n)
	}
}

// Of many arguments, 16 wait for others.
func TestSharedQueryOfManyArguments(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	release := th.lock(t)
	ids, _ := th.shares()
	var all crowd
	for i := range 2 {
		all.begin(t, ids, fmt.Sprint(i), 1)
		th.wait(t, i+1)
	}
	for i := range 17 {
		all.begin(t, ids, fmt.Sprint(10+i), 1)
	}
	th.wait(t, 3) // the 17th alone
	release()
	all.Wait()
}

// Calls that have all connections of functions are in nobody's way.
func TestSharedQueryInTheWay(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	for _, name := range []string{"api/a", "api/a", "api/b", "api/b", "api/c"} { // of a pool of six, of which one is nobody's
		hold(t, th.DB, name)
	}
	ids, _ := th.shares()
	function, _ := called(t, "api/d")
	ctx, cancel := context.WithTimeout(function, 10*time.Second)
	defer cancel()
	if got, err := ids.Get(ctx, "1", 2); len(got) != 1 || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// panicking is an argument that panics.
type panicking struct{}

func (panicking) TextValue() (pgtype.Text, error) { panic("no text") }

// An argument that panics costs no connection.
func TestSharedQueryOfWhatPanics(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	ids, _ := th.shares()
	const sql = `SELECT $1::text`
	var batch pgx.Batch
	batch.Queue(sql, panicking{})
	var text string
	for name, ask := range map[string]func(){
		"shared": func() { _, _ = ids.Get(t.Context(), panicking{}, 2) },
		"row":    func() { _ = th.QueryRow(t.Context(), sql, panicking{}).Scan(&text) },
		"batch":  func() { _ = th.SendBatch(t.Context(), &batch).Close() },
	} {
		for range 10 { // of a pool of six
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: the argument does not panic", name)
					}
				}()
				ask()
			}()
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if got, err := ids.Get(ctx, "1", 2); len(got) != 1 || err != nil {
		t.Errorf("then got %q, %v", got, err)
	}
}

// Connections that have broken unnoticed are nobody's error.
func TestSharedQueryBroken(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	ids, _ := th.shares()
	for range 3 {
		th.breakIdle(t)
		var all crowd
		for range 20 {
			all.begin(t, ids, "1", 2)
		}
		all.Wait()
	}
}
