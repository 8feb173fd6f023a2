package events

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// How much is done at once of what is done every minute.
const (
	keysAtOnce = 5000
	runsAtOnce = 1000
	runRounds  = 50
)

// prune forgets runs that ended, or were due, two days ago, but none of an event
// that is not done: Inngest, and who sends events from outside, may send one again.
const prune = `DELETE FROM event_run WHERE (event_id, function) IN (
	SELECT event_id, function FROM event_run AS r WHERE due_at < now() - interval '48 hours'
		AND NOT EXISTS (SELECT FROM outbox WHERE id = r.event_id)
	ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)`

// keep keeps the tables in order, about once a minute, until ctx ends.
func (r *relay) keep(ctx context.Context) {
	for after := ""; ; {
		wait(ctx, keepEvery/2+rand.N(keepEvery), nil) // not all replicas at once
		if ctx.Err() != nil {
			return
		}
		last, err := r.unpark(ctx, after)
		if err == nil {
			after = last
			err = r.prune(ctx)
		}
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "the outbox cannot be kept in order; trying again", slog.Any("error", err))
		}
	}
}

func (r *relay) prune(ctx context.Context) error {
	for range runRounds {
		var n int64
		err := r.db.InTx(ctx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, tune); err != nil {
				return err
			}
			deleted, err := tx.Exec(ctx, prune, runsAtOnce)
			n = deleted.RowsAffected()
			return err
		})
		if err != nil || n < runsAtOnce {
			return err
		}
		wait(ctx, 100*time.Millisecond, nil)
	}
	return nil
}
