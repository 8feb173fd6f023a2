package events

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Events of one key form a queue, in the order of seq: the first is under way, and
// the others are parked, with a next_at of infinity, until they are the first. [queued]
// says which events are in it. A transaction that changes a queue holds the queue's lock to its
// end, so that it overlooks nothing that another one has not committed yet. Events that are
// sent, and jobs that begin to listen, may change a queue without the lock: the relay looks for
// that again.

// queued says, in SQL, whether a row of the outbox that has a key is in its queue. Not in it are
// dead events, held ones, and those that Inngest has and no job listens to. The last are back
// in their place once a job listens. With an OFFSET PostgreSQL looks for the runs of one event
// at a time, and does not read those of all.
const queued = `state NOT IN ('dead', 'held') AND NOT (state = 'begun'
	AND NOT EXISTS (SELECT FROM listener WHERE event = name) AND NOT EXISTS (SELECT FROM event_run WHERE event_id = id OFFSET 0))`

// keyLock is the lock of a key's queue, in SQL that has a column key.
const keyLock = `hashtextextended('outbox ' || key, 0)`

// lockQueues locks the queues of the keys; "" is none. A transaction that needs several locks
// takes them in one statement, so that no two wait for each other.
const lockQueues = `SELECT pg_advisory_xact_lock(lock) FROM (
		SELECT DISTINCT ` + keyLock + ` AS lock FROM unnest($1::text[]) AS k (key) WHERE key <> '' ORDER BY 1
	) AS locks`

// lockKeys locks the queues of the keys.
func lockKeys(ctx context.Context, tx pgx.Tx, keys ...string) error {
	if _, err := tx.Exec(ctx, lockQueues, keys); err != nil {
		return fmt.Errorf("wait for others who publish events of the same key: %w", err)
	}
	return nil
}

// releaseNext lets the first of the key's queue go, if it is parked: before what was
// published later, see the ledger.
const releaseNext = `
	WITH first AS (SELECT id FROM outbox WHERE key = $1 AND ` + queued + ` ORDER BY seq LIMIT 1),
	released AS (
		UPDATE outbox SET next_at = least(created_at, now()) WHERE id = (SELECT id FROM first) AND state = 'waiting' AND next_at = 'infinity'
		RETURNING id
	)
	SELECT pg_notify('` + channel + `', '') FROM released`

// release lets the first of the key's queue go, if it is parked. The queue must be
// locked.
func release(ctx context.Context, tx pgx.Tx, key string) error {
	if _, err := tx.Exec(ctx, releaseNext, key); err != nil {
		return fmt.Errorf("release the next event of the key: %w", err)
	}
	return nil
}

// inQueue makes a change to the key's queue, and lets its first event go.
func (b *Bus) inQueue(ctx context.Context, key string, change func(tx pgx.Tx) error) error {
	return b.db.InTx(ctx, func(tx pgx.Tx) error {
		if err := lockKeys(ctx, tx, key); err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		return release(ctx, tx, key)
	})
}

// advance lets the first of the key's queue go: another may have been before it.
func (b *Bus) advance(ctx context.Context, key string) error {
	return b.inQueue(ctx, key, func(pgx.Tx) error { return nil })
}

// leave takes an event with a key out of its queue by the statement change, which
// gets its id and args, and lets the next one go.
func (b *Bus) leave(ctx context.Context, id uuid.UUID, key, change string, args ...any) error {
	return b.inQueue(ctx, key, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, change, append([]any{id}, args...)...)
		return err
	})
}

// stuck finds, among up to a thousand keys after the given one, those whose first
// event is parked: the process that was to release it has died, or saw an older
// state of the queue. It returns the keys that it looked at, in order.
const stuck = `
	WITH RECURSIVE keys (key, nr) AS (
		(SELECT key, 1 FROM outbox WHERE key > $1 AND state NOT IN ('dead', 'held') ORDER BY key LIMIT 1)
		UNION ALL
		SELECT next.key, nr + 1 FROM keys, LATERAL (
			SELECT o.key FROM outbox AS o WHERE o.key > keys.key AND state NOT IN ('dead', 'held') ORDER BY o.key LIMIT 1
		) AS next WHERE nr < 1000
	)
	SELECT key, (SELECT state = 'waiting' AND next_at = 'infinity' FROM outbox AS o
		WHERE o.key = keys.key AND ` + queued + ` ORDER BY seq LIMIT 1) FROM keys`

// unstick releases what is stuck behind nothing, among the next thousand keys after
// the one it is given. It returns the last key that it looked at, or "" after the
// last of all.
func (b *Bus) unstick(ctx context.Context, after string) (last string, err error) {
	queues, err := b.db.Query(ctx, stuck, after)
	if err != nil {
		return after, err
	}
	found, err := pgx.CollectRows(queues, pgx.RowToStructByPos[struct {
		Key   string
		Stuck *bool // nil: gone in between
	}])
	if err != nil {
		return after, err
	}
	for _, queue := range found {
		last = queue.Key
		if queue.Stuck == nil || !*queue.Stuck {
			continue
		}
		if err := b.advance(ctx, queue.Key); err != nil {
			return after, err
		}
	}
	return last, nil
}
