package db

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
)

// maxSharedWaiting bounds the queries of one SharedQuery that wait for others to end, as each holds up those after it.
const maxSharedWaiting = 16

// SharedQuery is a query for rows that many calls make at the same time with the same arguments: for the newest
// ones of a public page, say. At most two are under way at once. Who asks meanwhile waits for the next ones, and
// shares one with all who have asked with equal arguments.
//
//	newest := db.NewSharedQuery(d, `SELECT id, name FROM item ORDER BY id DESC LIMIT $1`, scan)
//	items, err := newest.Get(ctx, 20)
//
// Nothing is kept: a query begins after all have asked who share it, and so sees what was committed before. It is
// outside of any transaction. Since it is for all, its connection counts for no function. It ends after 10 seconds,
// with fault.Unavailable.
//
// A slow query holds up those beside it, whatever their arguments. So if 16 wait, a call with other arguments asks
// alone, like [DB.Query]. In a transaction, ask that: with a pool of one, a SharedQuery waits for its connection.
//
// A SharedQuery is safe for concurrent use.
type SharedQuery[T any] struct {
	db   *DB
	sql  string
	scan pgx.RowToFunc[T]

	mu      sync.Mutex
	waiting []*shared[T] // in the order in which they begin, no two with equal arguments
	running int
}

// few are up to four arguments of a query, for == to compare.
type few struct {
	n   int
	all [4]any // nil from n on
}

// shared is the query of all who asked before it began.
type shared[T any] struct {
	args  few
	calls int // that wait

	done chan struct{} // closed when what follows is known
	rows []T
	err  error
}

// NewSharedQuery returns a SharedQuery in d, whose rows scan reads: in any goroutine, in several at once, and
// perhaps twice.
func NewSharedQuery[T any](d *DB, sql string, scan pgx.RowToFunc[T]) *SharedQuery[T] {
	return &SharedQuery[T]{db: d, sql: sql, scan: scan}
}

// Get returns the rows for these arguments, which are not nil. They are for several calls: nobody may change them.
// Its errors are those of [DB.Query], with whose ctx it ends as well; the arguments may be read after that. With more
// than four arguments, or such as == does not compare, a call shares nothing, and asks alone.
func (q *SharedQuery[T]) Get(ctx context.Context, args ...any) (rows []T, err error) {
	few, ok := fewOf(args)
	if !ok || ctx.Err() != nil {
		return q.alone(ctx, args)
	}
	s, leads := q.join(few)
	if s == nil {
		return q.alone(ctx, args)
	}
	if leads {
		runtime.Gosched() // who is about to ask joins
		go q.run()
	}
	q.db.watch.await(ctx, s.done)
	switch {
	case ctx.Err() != nil:
		q.leave(s)
		return nil, failure(ctx.Err())
	case errors.Is(s.err, errLeft):
		return q.alone(ctx, args) // scan panics here, where it is known who asked
	}
	return s.rows, s.err
}

// fewOf returns args. It is not ok if there are more than four, or == would panic with one of them.
func fewOf(args []any) (f few, ok bool) {
	if len(args) > len(f.all) {
		return f, false
	}
	for _, arg := range args {
		if arg != nil && !reflect.ValueOf(arg).Comparable() {
			return f, false
		}
	}
	f.n = copy(f.all[:], args)
	return f, true
}

// join adds a call to the query for these arguments that waits; nil if too many others do. If fewer than two are
// under way, the caller has to run it.
func (q *SharedQuery[T]) join(args few) (s *shared[T], leads bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.waiting {
		if s.args == args {
			s.calls++
			return s, false
		}
	}
	if len(q.waiting) == maxSharedWaiting {
		return nil, false
	}
	s = &shared[T]{args: args, calls: 1, done: make(chan struct{})}
	q.waiting = append(q.waiting, s)
	if q.running < tripsAtOnce {
		q.running++
		leads = true
	}
	return s, leads
}

// leave says that a call does not wait any more.
func (q *SharedQuery[T]) leave(s *shared[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s.calls--
}

// run asks until nobody waits.
func (q *SharedQuery[T]) run() {
	defer q.follow() // also if scan calls runtime.Goexit
	for s := q.next(); s != nil; s = q.next() {
		q.ask(s)
	}
}

// next returns what is to be asked now, which nobody can join any more; nil if nobody waits.
func (q *SharedQuery[T]) next() *shared[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 {
		s := q.waiting[0]
		q.waiting = slices.Delete(q.waiting, 0, 1)
		if s.calls > 0 {
			return s
		}
	}
	return nil
}

// ask asks for all who wait for s.
func (q *SharedQuery[T]) ask(s *shared[T]) {
	s.err = errLeft
	defer close(s.done)
	defer func() { _ = recover() }() // it panics again in the calls that asked
	rows, err := q.alone(boundTrip(q.db.base), s.args.all[:s.args.n])
	s.rows, s.err = slices.Clip(rows), noConnection(err)
}

// follow ends a run, or begins the one that waits.
func (q *SharedQuery[T]) follow() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running--
		return
	}
	go q.run()
}

// alone makes one query, once more over another connection if its own turns out to be broken.
func (q *SharedQuery[T]) alone(ctx context.Context, args []any) ([]T, error) {
	return twice(ctx, q.db, func() ([]T, error) {
		rows, err := q.db.Query(ctx, q.sql, args...)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, q.scan)
	})
}
