package db

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	tripsAtOnce = 2                // of one Lookup
	tripTimeout = 10 * time.Second // of one trip
	tripQueries = 100              // that are sent before their answers are read
)

// Lookup is a query for one row that many calls make at the same time: for the session of each, say.
// Two of them go to the database at once. What is asked for meanwhile goes there together, up to 100 in one
// round trip. So the more calls there are, the less each of them costs, and who is alone waits for nobody.
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

	mu      sync.Mutex
	waiting *trip[T] // the next one; nil if nobody waits
	running int      // trips
}

// trip is a round trip that is shared: the queries of all calls that asked before it began.
type trip[T any] struct {
	asked [][]any // arguments of each query

	done    chan struct{} // closed when what follows is known
	answers []answer[T]   // to the first queries
	err     error         // why the others have none
}

type answer[T any] struct {
	row T
	err error
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
	t, i := l.join(args)
	if t == nil {
		defer l.follow()
		row, err = l.alone(boundTrip(ctx), args) //nolint:contextcheck // it is ctx, with a bound
		if ctx.Err() == nil {
			err = noConnection(err)
		}
		return row, err
	}
	var watched watched
	ended := l.db.watch.begin(&watched, ctx).Done()
	select {
	case <-t.done:
	case <-ended:
	}
	l.db.watch.end(&watched)
	switch {
	case ctx.Err() != nil:
		return row, failure(ctx.Err())
	case i < len(t.answers):
		return t.answers[i].row, t.answers[i].err
	case fault.Is(t.err, fault.Unavailable):
		return row, t.err
	}
	return l.alone(ctx, args) // what is wrong may be with another query
}

// join adds a query to the next trip, and returns which of its queries it is. The trip is nil if
// the query has not to wait for one: the caller makes it, and calls follow.
func (l *Lookup[T]) join(args []any) (*trip[T], int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running < tripsAtOnce {
		l.running++
		return nil, 0
	}
	if l.waiting == nil {
		l.waiting = &trip[T]{done: make(chan struct{})}
	}
	t := l.waiting
	t.asked = append(t.asked, args)
	return t, len(t.asked) - 1
}

// follow begins the trip that waited for the caller's.
func (l *Lookup[T]) follow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.running--
		return
	}
	go l.run()
}

// run makes trips until nobody waits.
func (l *Lookup[T]) run() {
	ended := false
	defer func() {
		if !ended { // scan has called runtime.Goexit
			l.follow()
		}
	}()
	runtime.Gosched() // who is about to ask joins
	for t := l.next(); t != nil; t = l.next() {
		l.makeTrip(t)
	}
	ended = true
}

// next returns the trip that is to be made; nil if there is none, and the caller is to end.
func (l *Lookup[T]) next() *trip[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.waiting
	if l.waiting = nil; t == nil {
		l.running--
	}
	return t
}

// errLeft ends a trip in which scan did not return: that query, and those after it, have no answers.
var errLeft = errors.New("scan has panicked, or ended its goroutine")

// makeTrip asks what t asks, and fills in the answers. What only reads may be asked again if
// tables have changed, or once if the connection turns out to be broken.
func (l *Lookup[T]) makeTrip(t *trip[T]) {
	t.err = errLeft
	defer close(t.done)
	defer func() { _ = recover() }() // it panics again in the call that asked
	ctx := boundTrip(l.db.base)
	t.answers = make([]answer[T], 0, len(t.asked))
	for tries := l.db.tries; len(t.answers) < len(t.asked); {
		rest := t.asked[len(t.answers):]
		err := l.together(ctx, t, rest[:min(len(rest), tripQueries)])
		if err == nil {
			continue
		}
		if stale(err) {
			l.db.Reset()
			tries = min(tries, 1)
		} else if !outdated(err) {
			tries = 0
		}
		if tries--; tries < 0 || ctx.Err() != nil {
			t.err = noConnection(err)
			return
		}
	}
	t.err = nil
}

// alone makes one query, once more over another connection if its own turns out to be broken.
func (l *Lookup[T]) alone(ctx context.Context, args []any) (row T, err error) {
	row, err = l.query(ctx, args)
	if err != nil && stale(err) && ctx.Err() == nil {
		l.db.Reset()
		row, err = l.query(ctx, args)
	}
	return row, err
}

func (l *Lookup[T]) query(ctx context.Context, args []any) (row T, err error) {
	rows, err := l.db.Query(ctx, l.sql, args...)
	if err != nil {
		return row, err
	}
	return pgx.CollectExactlyOneRow(rows, l.scan)
}

// together makes some queries of t, and adds their answers. The error is that of the first one
// that has none.
func (l *Lookup[T]) together(ctx context.Context, t *trip[T], some [][]any) error {
	var lease lease
	ctx, err := lease.ask(ctx, l.db, "lookups", near)
	if err != nil {
		return err
	}
	defer lease.release()
	batch := pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(some))}
	for _, args := range some {
		batch.Queue(l.sql, args...)
	}
	results := lease.conn.SendBatch(ctx, &batch)
	defer func() { _ = results.Close() }() // a query has said what is wrong
	for range some {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		row, err := pgx.CollectExactlyOneRow(rows, l.scan)
		if failed := rows.Err(); failed != nil {
			return failed
		}
		t.answers = append(t.answers, answer[T]{row, err})
	}
	return nil
}

// tripContext is that of a trip, which others wait for: it also ends after a while. Who watches it
// sees that, and no timer is needed.
type tripContext struct {
	context.Context //nolint:containedctx // it is one

	until time.Time
}

// boundTrip returns the context of a trip that begins now. It belongs to no function, as it must not
// wait for the share of one.
func boundTrip(ctx context.Context) *tripContext {
	if fn.CallOf(ctx) != nil {
		ctx = fn.WithCall(ctx, nil)
	}
	return &tripContext{ctx, time.Now().Add(tripTimeout)}
}

// Err implements [context.Context].
func (c *tripContext) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if time.Now().After(c.until) {
		return context.DeadlineExceeded
	}
	return nil
}

// Deadline implements [context.Context].
func (c *tripContext) Deadline() (time.Time, bool) {
	if until, ok := c.Context.Deadline(); ok && until.Before(c.until) {
		return until, true
	}
	return c.until, true
}
