package apply

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/backoff"
	"switchyard/internal/migrate/plan"
	"switchyard/shared/fault"
)

// leastRows is how many rows a data step may change in any case before it is said not to end.
const leastRows = 10_000_000

// script runs an SQL file in one transaction, in which it is recorded: so it runs once.
func (r *runner) script(ctx context.Context, s plan.Step) error {
	r.say("-- %s", s.File)
	t := begin(s)
	at := "" // the statement that runs
	err := r.transaction(ctx, t, func() error {
		if s.Script.Before { // what its functions name may not be there yet
			if _, err := r.exec(ctx, t, "SET LOCAL check_function_bodies = off"); err != nil {
				return err
			}
		}
		for _, at = range s.Script.Statements {
			if t.last.IsZero() { // not again
				r.announce(at)
			}
			if _, err := r.exec(ctx, t, at); err != nil {
				return err
			}
		}
		return r.inPlace(ctx, s, t)
	})
	if err != nil {
		return r.failed(ctx, s, t, explain(s.File+": "+summary(at), err))
	}
	return nil
}

// inPlace looks whether an SQL file has made what it says, and records that it ran.
func (r *runner) inPlace(ctx context.Context, s plan.Step, t *try) error {
	for _, check := range s.Script.Checks {
		var holds bool
		err := r.conn.QueryRow(ctx, "SELECT coalesce(("+check+"), false)").Scan(&holds)
		if err != nil {
			return explain(s.File+": its check "+summary(check), err)
		}
		if !holds {
			return fault.New(fault.Conflict, "%s: it ran, and yet its check is not true: %s. Correct the file or the check, and migrate again", s.File, summary(check))
		}
	}
	if r.Record != nil {
		if err := r.Record.Script(ctx, r.conn, s.Script.Name, s.Script.Digest); err != nil {
			return err
		}
	}
	return r.did(ctx, r.conn, s, t, nil)
}

// repeat runs each statement of an SQL file until it changes no row. Killed, it begins anew,
// and finds few rows to change.
func (r *runner) repeat(ctx context.Context, s plan.Step) error {
	r.say("-- %s", s.File)
	t := begin(s)
	most, err := r.mostRows(ctx)
	if err != nil {
		return err
	}
	for _, sql := range s.Script.Statements {
		r.announce(sql)
		if err := r.exhaust(ctx, t, sql, most); err != nil {
			return r.failed(ctx, s, t, explain(s.File+": "+summary(sql), err))
		}
	}
	if err := r.transaction(ctx, t, func() error { return r.inPlace(ctx, s, t) }); err != nil {
		return r.failed(ctx, s, t, explain(s.File, err))
	}
	return nil
}

// mostRows is how many rows a data step may change: twice as many as all tables have.
func (r *runner) mostRows(ctx context.Context) (n int64, err error) {
	err = r.conn.QueryRow(ctx, fmt.Sprintf(`SELECT greatest(%d, 2 * coalesce(sum(reltuples), 0))::bigint FROM pg_class
		WHERE relkind = 'r' AND relnamespace <> 'pg_catalog'::regnamespace`, leastRows)).Scan(&n)
	if err != nil {
		return 0, explain("count the rows of all tables", err)
	}
	return n, nil
}

// exhaust runs a statement until it changes no row, and rests for as long as it took.
func (r *runner) exhaust(ctx context.Context, t *try, sql string, most int64) error {
	changed := int64(0)
	t.progress = func(context.Context) string { return fmt.Sprintf("%d rows", changed) }
	for {
		var n int64
		start := time.Now()
		err := r.insist(ctx, t, func() error {
			start = time.Now()
			tag, err := r.exec(ctx, t, sql)
			n = changedBy(tag)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		changed += n
		if changed > most {
			return fault.New(fault.Conflict, "%s: %s: it does not end: it has changed %d rows, more than twice as many as all tables have. "+
				"Let its WHERE leave out what it has changed, and migrate again", t.step.File, summary(sql), changed)
		}
		r.progress(ctx, t)
		if !backoff.Sleep(ctx, time.Since(start)) {
			return ctx.Err()
		}
	}
}

// changedBy returns how many rows a statement has changed; 0 if it is one that only reads or
// makes something.
func changedBy(tag pgconn.CommandTag) int64 {
	if tag.Insert() || tag.Update() || tag.Delete() || strings.HasPrefix(tag.String(), "MERGE ") {
		return tag.RowsAffected()
	}
	return 0
}
