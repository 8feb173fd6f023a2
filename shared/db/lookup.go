package db

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	tripsAtOnce = 2                // of one Lookup
	tripTimeout = 10 * time.Second // of one trip
	tripQueries = 100              // that a statement, or a pipeline, serves
)

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

// trip is a round trip that is shared: the queries of all calls that asked before it began.
type trip[T any] struct {
	asked [][]any // arguments of each query

	done    chan struct{} // closed when what follows is known; nil until somebody waits
	answers []answer[T]   // to the queries, in their order
	err     error         // why some have none
}

type answer[T any] struct {
	row   T
	err   error
	known bool
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

// waitedFor says that somebody waits for t, while its Lookup is locked.
func (t *trip[T]) waitedFor() {
	if t.done == nil {
		t.done = make(chan struct{})
	}
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

// errLeft ends a trip in which scan did not return: that query, and maybe others, have no answers.
var errLeft = errors.New("scan has panicked, or ended its goroutine")

// makeTrip asks what t asks, and fills in the answers. What only reads may be asked again if
// tables have changed, or once if the connection turns out to be broken.
func (l *Lookup[T]) makeTrip(t *trip[T]) {
	t.err = errLeft
	defer close(t.done)
	defer func() { _ = recover() }() // it panics again in the call that asked
	ctx := boundTrip(l.db.base)
	t.answers = make([]answer[T], len(t.asked))
	for from, tries := 0, l.db.tries; from < len(t.asked); {
		to := min(from+tripQueries, len(t.asked))
		err := l.together(ctx, t.asked[from:to], t.answers[from:to])
		if err == nil {
			from = to
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

// together asks what some calls ask, and fills in their answers. After an error some have none.
func (l *Lookup[T]) together(ctx context.Context, asked [][]any, answers []answer[T]) error {
	var lease lease
	ctx, err := lease.ask(ctx, l.db, "lookups", near)
	if err != nil {
		return err
	}
	defer lease.release()
	many, err := l.forMany(ctx, lease.conn)
	if err != nil {
		return err
	}
	if many.sql == "" {
		return l.pipelined(ctx, lease.conn, asked, answers)
	}
	err = l.asOne(ctx, lease.conn, many, asked, answers)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(refused.Code, "42") {
		l.many.Store(nil) // maybe tables have changed so that it is another query now
	}
	return err
}

// forMany returns the query for many calls, or the zero one if there is none. The first time it asks
// the database.
func (l *Lookup[T]) forMany(ctx context.Context, conn *pgx.Conn) (*atOnce, error) {
	if known := l.many.Load(); known != nil {
		return known, nil
	}
	many := &atOnce{}
	if l.db.describes {
		one, err := conn.PgConn().Prepare(ctx, "", l.sql, nil)
		if isRefused(err) {
			return many, nil // the pipeline says what is wrong
		}
		if err != nil {
			return nil, err
		}
		many = newAtOnce(l.sql, one.ParamOIDs, conn.TypeMap())
	}
	if many.sql != "" {
		_, err := conn.PgConn().Prepare(ctx, "", many.sql, nil)
		if isRefused(err) {
			many = &atOnce{}
		} else if err != nil {
			return nil, err
		}
	}
	l.many.Store(many)
	return many, nil
}

// isRefused reports whether err says that PostgreSQL does not take a statement.
func isRefused(err error) bool {
	_, refused := errors.AsType[*pgconn.PgError](err)
	return refused && !stale(err) && !outdated(err)
}

// asOne asks with one query for all.
func (l *Lookup[T]) asOne(ctx context.Context, conn *pgx.Conn, many *atOnce, asked [][]any, answers []answer[T]) error {
	rows, err := many.query(ctx, conn, asked)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		a := &answers[rows.call()]
		if a.known {
			*a = answer[T]{err: pgx.ErrTooManyRows, known: true}
			continue
		}
		row, err := l.scan(rows)
		*a = answer[T]{row, err, true}
	}
	if err := rows.Err(); err != nil {
		clear(answers) // whose first row has come may have an error behind it
		return err
	}
	for i := range answers {
		if a := &answers[i]; !a.known {
			a.err, a.known = pgx.ErrNoRows, true
		}
	}
	return nil
}

// pipelined asks with a query for each call, which are sent together.
func (l *Lookup[T]) pipelined(ctx context.Context, conn *pgx.Conn, asked [][]any, answers []answer[T]) error {
	batch := pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(asked))}
	for _, args := range asked {
		batch.Queue(l.sql, args...)
	}
	results := conn.SendBatch(ctx, &batch)
	defer func() { _ = results.Close() }() // a query has said what is wrong
	for i := range asked {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		row, err := pgx.CollectExactlyOneRow(rows, l.scan)
		if failed := rows.Err(); failed != nil {
			return failed
		}
		answers[i] = answer[T]{row, err, true}
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
