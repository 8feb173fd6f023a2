// Package apply runs the steps of a plan so that those who use the database wait for a
// moment at most. A step waits 300 ms for a lock, then lets everybody behind it go on, and
// tries again. A step that takes long takes no lock that others need. Rows are filled a few
// at a time. The log names who is in the way, without the values in their statements.
//
// It may be killed at any moment: the next plan finds what is left to do, and goes on.
package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
)

// Options are the options of [Run].
type Options struct {
	// Log takes the statements, who is waited for, and the progress of long steps. Defaults to
	// nowhere.
	Log io.Writer
	// Record notes each statement. If nil, nothing is noted.
	Record *record.Run
	// Cancel ends the work of others that is in the way for longer than 10 s. Without it
	// nobody's work is ever ended.
	Cancel bool
	// Patience is how long a statement waits for others. Defaults to 10 minutes.
	Patience time.Duration
}

const (
	patience = 10 * time.Minute
	// lockTimeout is how long others may queue behind a statement that waits.
	lockTimeout = "300ms"
	// idleTimeout ends a transaction whose migration does not answer any more.
	idleTimeout = "30s"
	// aftermath bounds what is done after the migration is told to stop.
	aftermath = 30 * time.Second
)

// Run runs the steps in their order on conn, which may hold no transaction, and stops at
// the first that fails. When ctx ends, the server is told to stop what it does, and conn
// can still be used.
//
// The errors are of package fault: fault.Unavailable if others are in the way for too long,
// or the server went away; fault.Conflict if rows do not allow the statement. None holds
// values of rows.
func Run(ctx context.Context, conn *pgx.Conn, steps []plan.Step, o Options) (err error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	r := &runner{Options: o, conn: conn, watch: &watch{config: conn.Config(), pid: conn.PgConn().PID()}}
	defer r.watch.close(ctx)
	if err := r.settings(ctx, "SET lock_timeout = '"+lockTimeout+"'; SET idle_in_transaction_session_timeout = '"+idleTimeout+"'"); err != nil {
		return err
	}
	defer func() {
		if !conn.IsClosed() {
			err = errors.Join(err, r.settings(context.WithoutCancel(ctx), "RESET lock_timeout; RESET idle_in_transaction_session_timeout"))
		}
	}()
	for len(steps) > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n := group(steps)
		if err := r.run(ctx, steps[:n]); err != nil {
			return err
		}
		steps = steps[n:]
	}
	return nil
}

// group returns how many of the steps run together with the first.
func group(steps []plan.Step) int {
	n, first := 1, steps[0]
	if first.Group == 0 || first.Way != plan.Once || first.Script != nil {
		return n
	}
	for n < len(steps) && steps[n].Group == first.Group && steps[n].Way == plan.Once {
		n++
	}
	return n
}

// runner runs steps.
type runner struct {
	Options
	conn  *pgx.Conn
	watch *watch

	mu sync.Mutex // of Log
}

func (r *runner) run(ctx context.Context, steps []plan.Step) error {
	first := steps[0]
	switch {
	case first.Script != nil && first.Script.Repeat:
		return r.repeat(ctx, first)
	case first.Script != nil:
		return r.script(ctx, first)
	case first.Way == plan.Alone:
		return r.alone(ctx, first)
	case first.Way == plan.Batches:
		return r.batches(ctx, first)
	}
	return r.together(ctx, steps)
}

func (r *runner) settings(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, aftermath)
	defer cancel()
	if _, err := r.conn.Exec(ctx, sql); err != nil {
		return explain("prepare the connection", err)
	}
	return nil
}

func (r *runner) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.Log, format+"\n", args...)
}

// announce says that a statement begins.
func (r *runner) announce(sql string) {
	r.say("%s;", strings.TrimRight(sql, "; \n"))
}

// did says how long a statement took, if it was long, and notes it in w's transaction.
func (r *runner) did(ctx context.Context, w record.Writer, s plan.Step, t *try, failure error) error {
	took := time.Since(t.began)
	if took > slow {
		r.say("  it took %s", round(took))
	}
	if r.Record == nil {
		return nil
	}
	done := record.Statement{
		SQL: s.SQL, Object: s.Object, Class: string(s.Class), File: s.File,
		BeganAt: t.began, Took: took, Waited: t.waited, WaitedFor: t.history(),
	}
	if s.Given {
		done.Allowed = s.Allow
	}
	if failure != nil {
		done.Error = failure.Error()
	}
	return r.Record.Did(ctx, w, done)
}

// failed notes that a statement has failed, if the connection still can, and returns why.
func (r *runner) failed(ctx context.Context, s plan.Step, t *try, failure error) error {
	if r.conn.IsClosed() {
		return failure
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), aftermath)
	defer cancel()
	return errors.Join(failure, r.did(ctx, r.conn, s, t, failure))
}
