package events

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

const wakeRelays = `SELECT pg_notify('` + channel + `', '')`

// Retry makes the events due now, also those that are held back. A dead one begins anew,
// and, if it has a key, at the end of those of its key. One that waits behind another of
// its key goes on waiting.
//
// Each is a transaction of its own. Those that are not in the outbox are
// fault.NotFound, which is said when the others have been dealt with.
func Retry(ctx context.Context, d *db.DB, ids ...uuid.UUID) error {
	return each(ctx, d, ids, "retry", func(tx pgx.Tx, r lockedEvent) error {
		if r.state != Dead {
			_, err := tx.Exec(ctx, `UPDATE outbox SET next_at = now() WHERE id = $1 AND next_at < 'infinity'`, r.id)
			return err
		}
		return requeue(ctx, tx, r)
	})
}

// Drop deletes the events, whatever their state: runs that Inngest has begun go on,
// and nobody looks whether they end. The next of a key becomes due if the one before
// it is dropped. Errors are as those of [Retry].
func Drop(ctx context.Context, d *db.DB, ids ...uuid.UUID) error {
	return each(ctx, d, ids, "drop", func(tx pgx.Tx, r lockedEvent) error {
		if _, err := tx.Exec(ctx, `DELETE FROM outbox WHERE id = $1`, r.id); err != nil {
			return err
		}
		if r.key == nil {
			return nil
		}
		return release(ctx, tx, *r.key)
	})
}

// lockedEvent is an event that a person has named, locked together with its queue.
type lockedEvent struct {
	id    uuid.UUID
	key   *string
	state State
}

// each calls do for each event in a transaction of its own, so that no more than one
// queue is locked at a time.
func each(ctx context.Context, d *db.DB, ids []uuid.UUID, what string, do func(pgx.Tx, lockedEvent) error) error {
	var missing []error
	for _, id := range ids {
		err := d.InTx(ctx, func(tx pgx.Tx) error {
			r, err := lockRow(ctx, tx, id)
			if err == nil {
				err = do(tx, r)
			}
			if err == nil {
				_, err = tx.Exec(ctx, wakeRelays)
			}
			return err
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			missing = append(missing, notInOutbox(id))
		case err != nil:
			return fmt.Errorf("%s the event %s: %w", what, id, err)
		}
	}
	return errors.Join(missing...)
}

// lockRow locks the event id, and its queue before it: all transactions that hold both lock them
// in this order.
func lockRow(ctx context.Context, tx pgx.Tx, id uuid.UUID) (lockedEvent, error) {
	r := lockedEvent{id: id}
	if err := tx.QueryRow(ctx, `SELECT key FROM outbox WHERE id = $1`, id).Scan(&r.key); err != nil {
		return r, err
	}
	if r.key != nil {
		if err := lockKeys(ctx, tx, *r.key); err != nil {
			return r, err
		}
	}
	err := tx.QueryRow(ctx, `SELECT state FROM outbox WHERE id = $1 FOR UPDATE`, id).Scan(&r.state)
	return r, err
}
