package db

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/fault"
)

const tripsAtOnce = 2 // of one Lookup or SharedQuery

// Lookup is a query for one row that many calls make at the same time: for the session of each, say.
// At most two round trips to the database are under way at once. What is asked for meanwhile goes there together,
// up to 100 in the next one: as one statement with arrays for parameters, or, if the query cannot be written so, as
// a pipeline. So the more calls there are, the less each of them costs, and who is alone waits for no other trip.
//
//	items := db.NewLookup(d, `SELECT id, name FROM item WHERE id = $1`, scan)
//	item, err := items.Get(ctx, id)
//
// Nothing is kept: a trip begins after all have asked who share it, and so sees what was committed
// before. It is outside of any transaction. Since it is for all, its connection counts for no function,
// and a call that has ended may still ask. A trip ends after 10 seconds, with fault.Unavailable.
//
// It is for reading by a unique index, which is quick whatever the arguments: a slow query holds up
// those beside it. In a transaction, ask that: with a pool of one, a Lookup waits for its connection.
//
// A Lookup is safe for concurrent use.
type Lookup[T any] struct {
	db   *DB
	sql  string
	scan pgx.RowToFunc[T]
	many atomic.Pointer[atOnce] // the query for many calls; nil until it is known

	mu      sync.Mutex
	waiting *trip[T] // the next one; nil if nobody waits
	spare   *trip[T] // is for the next one; may be nil
	running int      // trips
}

// NewLookup returns a Lookup in d. sql yields at most one row, which scan reads: in any goroutine, in
// several at once, and perhaps twice.
func NewLookup[T any](d *DB, sql string, scan pgx.RowToFunc[T]) *Lookup[T] {
	return &Lookup[T]{db: d, sql: sql, scan: scan}
}

// Get returns the row of these arguments, or pgx.ErrNoRows. Its other errors are those of
// [DB.Query], with whose ctx it ends as well; the arguments may be read after that. Arguments that
// the database refuses are an error of this call alone.
func (l *Lookup[T]) Get(ctx context.Context, args ...any) (row T, err error) {
	t, i, leads := l.join(args)
	if leads {
		runtime.Gosched() // who is about to ask joins
		if l.takeBack(t) {
			defer l.follow()
			row, err = l.alone(boundTrip(ctx), args) //nolint:contextcheck // it is ctx, with a bound
			if ctx.Err() == nil {
				err = noConnection(err)
			}
			return row, err
		}
		go l.run()
	}
	l.db.watch.await(ctx, t.done)
	switch {
	case ctx.Err() != nil:
		return row, failure(ctx.Err())
	case t.answers[i].known:
		return t.answers[i].row, t.answers[i].err
	case fault.Is(t.err, fault.Unavailable):
		return row, t.err
	}
	return l.alone(ctx, args) // what is wrong may be with another query
}

// join adds a query to the next trip, and returns which of its queries it is. If that trip need not
// wait for another to end, the caller leads it.
func (l *Lookup[T]) join(args []any) (t *trip[T], i int, leads bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		if l.waiting, l.spare = l.spare, nil; l.waiting == nil {
			l.waiting = &trip[T]{}
		}
		if l.running < tripsAtOnce {
			l.running++
			leads = true
		}
	}
	t = l.waiting
	t.asked = append(t.asked, args)
	if !leads {
		t.waitedFor()
	}
	return t, len(t.asked) - 1, leads
}

// takeBack takes t back if only its leader asks: nobody can join any more, and the leader asks
// alone. It reports whether that is so.
func (l *Lookup[T]) takeBack(t *trip[T]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting != t || len(t.asked) > 1 {
		return false
	}
	l.waiting, l.spare = nil, t // which nobody else knows
	clear(t.asked)
	t.asked = t.asked[:0]
	return true
}

// run makes trips until nobody waits.
func (l *Lookup[T]) run() {
	defer l.follow() // also if scan calls runtime.Goexit
	for t := l.next(); t != nil; t = l.next() {
		l.makeTrip(t)
	}
}

// next returns the trip that is to be made; nil if there is none.
func (l *Lookup[T]) next() *trip[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.waiting
	if l.waiting = nil; t != nil {
		t.waitedFor()
	}
	return t
}

// follow ends a trip, or begins the one that waits.
func (l *Lookup[T]) follow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.running--
		return
	}
	go l.run()
}

// alone makes one query, once more over another connection if its own turns out to be broken.
func (l *Lookup[T]) alone(ctx context.Context, args []any) (row T, err error) {
	return twice(ctx, l.db, func() (row T, err error) {
		rows, err := l.db.Query(ctx, l.sql, args...)
		if err != nil {
			return row, err
		}
		return pgx.CollectExactlyOneRow(rows, l.scan)
	})
}

// twice returns what read returns, of the second time if the connection turns out to be broken the first time.
func twice[R any](ctx context.Context, d *DB, read func() (R, error)) (R, error) {
	r, err := read()
	if err != nil && stale(err) && ctx.Err() == nil {
		d.Reset()
		r, err = read()
	}
	return r, err
}
