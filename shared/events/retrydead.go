package events

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// asNew sets what a new event has, on a dead one that is tried again.
const asNew = `state = 'waiting', sends = 0, attempts = 0, sent_at = NULL, last_error = NULL`

// batchDead is how many dead events are retried in one transaction.
const batchDead = 1000

const findDead = `
	SELECT id, seq, key IS NOT NULL FROM outbox
	WHERE state = 'dead' AND ($1 = '' OR name = $1) AND seq > $2 AND seq <= $3
	ORDER BY seq LIMIT $4`

// RetryDead retries the dead events called name, or all if name is "", and returns
// how many there were. Those that die meanwhile are not among them.
func RetryDead(ctx context.Context, d *db.DB, name string) (int, error) {
	var last int64
	if err := d.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM outbox WHERE state = 'dead'`).Scan(&last); err != nil {
		return 0, fmt.Errorf("retry dead events: %w", err)
	}
	retried, after := 0, int64(-1)
	for {
		batch, err := nextDead(ctx, d, name, after, last)
		if err == nil {
			err = retryBatch(ctx, d, batch)
		}
		if err != nil {
			return retried, fmt.Errorf("retry dead events: %w", err)
		}
		retried += len(batch)
		if len(batch) < batchDead {
			return retried, nil
		}
		after = batch[len(batch)-1].Seq
	}
}

// deadEvent is one of those to retry.
type deadEvent struct {
	ID    uuid.UUID
	Seq   int64
	Keyed bool
}

func nextDead(ctx context.Context, d *db.DB, name string, after, last int64) ([]deadEvent, error) {
	rows, err := d.Query(ctx, findDead, name, after, last, batchDead)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[deadEvent])
}

// retryBatch retries the events without a key together, and those with one in the
// order in which they were published.
func retryBatch(ctx context.Context, d *db.DB, batch []deadEvent) error {
	var plain, keyed []uuid.UUID
	for _, c := range batch {
		if c.Keyed {
			keyed = append(keyed, c.ID)
		} else {
			plain = append(plain, c.ID)
		}
	}
	_, err := d.Exec(ctx, `WITH woken AS (`+wakeRelays+`)
		UPDATE outbox SET `+asNew+`, next_at = now() FROM woken WHERE id = ANY($1) AND state = 'dead'`, plain)
	if err != nil {
		return err
	}
	if err = Retry(ctx, d, keyed...); fault.Is(err, fault.NotFound) {
		return nil // somebody has dropped them meanwhile
	}
	return err
}

// requeue makes a dead event one that waits.
func requeue(ctx context.Context, tx pgx.Tx, r lockedEvent) error {
	if r.key == nil {
		_, err := tx.Exec(ctx, `UPDATE outbox SET `+asNew+`, next_at = now() WHERE id = $1`, r.id)
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE outbox SET `+asNew+`, seq = DEFAULT, next_at =
		CASE WHEN EXISTS (SELECT FROM outbox WHERE key = $2 AND `+queued+`) THEN timestamptz 'infinity' ELSE now() END
		WHERE id = $1`, r.id, *r.key)
	return err
}
