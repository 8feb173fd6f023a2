package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/plan"
)

// alone runs a statement outside of a transaction. Its locks, SHARE UPDATE EXCLUSIVE,
// hinder neither readers nor writers, also while it waits for them; so it waits for as long
// as it must.
func (r *runner) alone(ctx context.Context, s plan.Step) error {
	r.announce(s.SQL)
	t := begin(s)
	t.bounded, t.progress = true, r.building
	err := r.insist(ctx, t, func() error {
		err := r.patiently(ctx, t, s.SQL)
		if busy(err) { // of two that wait for each other, PostgreSQL ends one
			r.undo(ctx, s)
		}
		return err
	})
	if err == nil {
		return r.did(ctx, r.conn, s, t, nil)
	}
	offence := r.offence(ctx, err) // before what was broken goes
	r.undo(ctx, s)
	switch {
	case t.gaveUp:
		err = t.inTheWay(err)
	case offence != nil:
		err = r.offended(ctx, s, *offence, err)
	default:
		err = explain(summary(s.SQL), err)
	}
	return r.failed(ctx, s, t, err)
}

// patiently runs a statement that waits for locks without an end of its own.
func (r *runner) patiently(ctx context.Context, t *try, sql string) error {
	if _, err := r.exec(ctx, t, "SET lock_timeout = 0"); err != nil {
		return err
	}
	_, err := r.exec(ctx, t, sql)
	if r.conn.IsClosed() {
		return err
	}
	return errors.Join(err, r.settings(context.WithoutCancel(ctx), "SET lock_timeout = '"+lockTimeout+"'"))
}

// undo removes what a failed step has left, so that it hinders nobody until the next run.
// That finds it too, so that a failure here is a line and no more.
func (r *runner) undo(ctx context.Context, s plan.Step) {
	if s.Undo == "" || r.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), aftermath)
	defer cancel()
	r.announce(s.Undo)
	t := begin(plan.Step{SQL: s.Undo, Object: s.Object})
	var err error
	if strings.Contains(s.Undo, " CONCURRENTLY ") {
		err = r.patiently(ctx, t, s.Undo)
	} else {
		err = r.transaction(ctx, t, func() error {
			_, err := r.exec(ctx, t, s.Undo)
			return err
		})
	}
	if err != nil {
		r.say("  that failed; the next migration does it")
	}
}

const buildingQuery = `SELECT phase,
	coalesce(CASE WHEN tuples_total > 0 THEN 100 * tuples_done / tuples_total WHEN blocks_total > 0 THEN 100 * blocks_done / blocks_total END, -1)::int
FROM pg_stat_progress_create_index WHERE pid = $1`

// building says how far an index is built.
func (r *runner) building(ctx context.Context) string {
	var phase string
	var percent int
	err := r.watch.conn.QueryRow(ctx, buildingQuery, pgx.QueryExecModeExec, int32(r.watch.pid)).Scan(&phase, &percent) //nolint:gosec // PostgreSQL's pids are int4
	switch {
	case err != nil: // it builds none
		return "it goes on"
	case percent < 0:
		return phase
	}
	return fmt.Sprintf("%s, %d %%", phase, percent)
}
