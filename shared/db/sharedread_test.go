package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// ids returns a read of the ids of all things, which waits for a lock.
func (th *things) ids(ctx context.Context, lock int) ([]string, error) {
	rows, err := th.Query(ctx, `SELECT id FROM thing, pg_advisory_xact_lock_shared($1)`, lock)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Keys are read apart, each once at a time, and who asks meanwhile shares the next read.
func TestSharedRead(t *testing.T) {
	t.Parallel()
	const calls = 20
	var reads atomic.Int32
	underWay := map[string]*atomic.Int32{"a": {}, "b": {}}
	begun, end := make(chan struct{}), make(chan struct{})
	read := db.NewSharedRead(open(t, func(*config.Database) {}), "things", func(ctx context.Context, key string) (string, error) {
		if called := fn.CallOf(ctx).Function().Name; called != "things" {
			t.Errorf("a read for all is one of %s", called)
		}
		if underWay[key].Add(1) > 1 {
			t.Errorf("%s is read twice at once", key)
		}
		defer underWay[key].Add(-1)
		reads.Add(1)
		select {
		case begun <- struct{}{}:
			<-end
		case <-end:
		}
		return key, nil
	})
	ctx, _ := called(t, "api/things")
	for range 1000 { // who is about to ask when the read ends needs one more
		var asking sync.WaitGroup
		var asked atomic.Int32
		ask := func(key string) {
			asking.Go(func() {
				asked.Add(1)
				if got, err := read.Get(ctx, key); got != key || err != nil {
					t.Errorf("%s: got %q, %v", key, got, err)
				}
			})
		}
		reads.Store(0)
		ask("a")
		<-begun
		ask("b") // waits for nothing
		<-begun
		for range calls {
			ask("a")
		}
		for asked.Load() < calls+2 {
			runtime.Gosched()
		}
		close(end)
		asking.Wait()
		if reads.Load() == 3 || t.Failed() {
			return
		}
		end = make(chan struct{})
	}
	t.Errorf("%d calls have never shared a read", calls)
}

// A shared read sees what was committed before it was asked for, whatever is under way.
func TestSharedReadIsFresh(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	all := db.NewSharedRead(th.DB, "things", th.ids)
	var writing sync.WaitGroup
	for i := range 10 {
		writing.Go(func() {
			for j := range 30 {
				id := fmt.Sprintf("new %d %d", i, j)
				if _, err := th.Exec(t.Context(), `INSERT INTO thing VALUES ($1, $1)`, id); err != nil {
					t.Error(err)
				}
				if ids, err := all.Get(t.Context(), 2); !slices.Contains(ids, id) || err != nil {
					t.Errorf("%s is not among %d things; %v", id, len(ids), err)
				}
			}
		})
	}
	writing.Wait()
}

// A read that does not return ends each call that asked, and those after it are read for again.
func TestSharedReadLeft(t *testing.T) {
	t.Parallel()
	for _, how := range []string{panics, exits} {
		var leaves atomic.Bool
		leaves.Store(true)
		read := db.NewSharedRead(open(t, func(*config.Database) {}), "things", func(_ context.Context, _ int) (string, error) {
			switch {
			case !leaves.Load():
				return how, nil
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
				_, _ = read.Get(t.Context(), 1)
				t.Errorf("%s: its call goes on", how)
			})
		}
		asking.Wait()
		leaves.Store(false)
		if got, err := read.Get(t.Context(), 1); got != how || err != nil {
			t.Errorf("%s: then got %q, %v", how, got, err)
		}
	}
}

// Reads that hang hold up those of other keys for a while, once they have used up their share, but
// nobody else, and nobody who has left.
func TestSharedReadHangs(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	release := th.lock(t)
	defer release()
	all := db.NewSharedRead(th.DB, "things", func(ctx context.Context, _ int) ([]string, error) { return th.ids(ctx, 1) })
	var asking sync.WaitGroup
	for key := range 5 {
		asking.Go(func() {
			if _, err := all.Get(t.Context(), key); !fault.Is(err, fault.Unavailable) {
				t.Errorf("what hangs: got %v, want fault.Unavailable", err)
			}
		})
	}
	th.wait(t, 2)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := all.Get(gone, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left: got %v", err)
	}
	function, _ := called(t, "api/things")
	if ids, err := th.ids(function, 2); len(ids) != 100 || err != nil {
		t.Errorf("a function: got %d things, %v", len(ids), err)
	}
	if hang := th.waiting(t); hang != 2 {
		t.Errorf("%d reads hang, want 2 of a pool of six", hang)
	}
	asking.Wait()
}

// What a read leaves open is closed when it ends.
func TestSharedReadLeavesOpen(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	all := db.NewSharedRead(th.DB, "things", func(ctx context.Context, lock int) (pgx.Rows, error) {
		return th.Query(ctx, `SELECT id FROM thing, pg_advisory_xact_lock_shared($1)`, lock)
	})
	for key := range 20 { // of a pool of six
		if _, err := all.Get(t.Context(), 2+key); err != nil { //nolint:sqlclosecheck // it is left open
			t.Fatal(err)
		}
	}
}

// Connections that have broken unnoticed are nobody's error.
func TestSharedReadBroken(t *testing.T) {
	t.Parallel()
	th := openThings(t, pgx.QueryExecModeCacheStatement)
	all := db.NewSharedRead(th.DB, "things", th.ids)
	for range 3 {
		th.breakIdle(t)
		if ids, err := all.Get(t.Context(), 2); len(ids) != 100 || err != nil {
			t.Errorf("got %d things, %v", len(ids), err)
		}
	}
}
