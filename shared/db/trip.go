package db

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/fn"
)

const (
	tripTimeout = 10 * time.Second // of what is asked for several calls
	tripQueries = 100              // that a statement, or a pipeline, serves
)

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

// waitedFor makes what who asks waits for, unless it is there. The Lookup of t is locked.
func (t *trip[T]) waitedFor() {
	if t.done == nil {
		t.done = make(chan struct{})
	}
}

// errLeft is the error of a trip, or of a shared query, whose scan did not return. That query of a trip, and maybe
// others, have no answers.
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

// together asks what some calls ask, and fills in their answers. After an error some have none.
func (l *Lookup[T]) together(ctx context.Context, asked [][]any, answers []answer[T]) error {
	var lease lease
	ctx, err := lease.ask(ctx, l.db, "lookups", near)
	if err != nil {
		return err
	}
	defer lease.release()
	many := l.many.Load()
	if many == nil {
		if many, err = l.db.learnAtOnce(ctx, lease.conn, l.sql); err != nil {
			return err
		}
		l.many.Store(many)
	}
	if many == nil || many.sql == "" {
		return l.pipelined(ctx, lease.conn, asked, answers)
	}
	err = l.asOne(ctx, lease.conn, many, asked, answers)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(refused.Code, "42") {
		l.many.Store(nil) // maybe tables have changed so that it is another query now
	}
	return err
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
