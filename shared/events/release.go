package events

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// releaseEvents is how many events are let go in one transaction.
const releaseEvents = 500

// findHeld finds events whose time has come, oldest first, and of one time in the order in
// which they were published. It locks those of their keys that are free, and leaves out the
// events of the others: a transaction that waits for a lock while it holds another can be in a
// deadlock.
const findHeld = `
	WITH due AS MATERIALIZED (
		SELECT id, coalesce(key, '') AS key, next_at, seq FROM outbox WHERE state = 'held' AND next_at <= now() ORDER BY next_at, seq LIMIT $1
	), keys AS MATERIALIZED (
		SELECT DISTINCT key FROM due WHERE key <> ''
	), locked AS MATERIALIZED (
		SELECT key FROM keys WHERE pg_try_advisory_xact_lock(` + keyLock + `)
	)
	SELECT id, key FROM due WHERE key = '' OR key IN (SELECT key FROM locked) ORDER BY next_at, seq`

// letGo puts held events at the end of their queues, as ones that wait since their time. The
// queues have to be locked. Events that are being cancelled are left out. The statement says
// again that the events are due, so that no plan of PostgreSQL reads the others.
const letGo = `
	UPDATE outbox AS o SET state = 'waiting', created_at = next_at, seq = DEFAULT, next_at = CASE
		WHEN key IS NOT NULL AND EXISTS (SELECT FROM outbox AS e WHERE e.key = o.key AND ` + queued + `)
		THEN 'infinity' ELSE next_at END
	WHERE id IN (SELECT id FROM outbox WHERE id = ANY($1) AND state = 'held' AND next_at <= now() FOR UPDATE SKIP LOCKED)`

// releaseHeld lets held events go whose time has come, at most 500 of them, oldest first,
// and returns how many they were.
//
// It does so in a transaction of its own, which waits for no lock, and so holds its keys for a
// short time. It may be called several times at once. What other transactions have locked is
// left for the next time.
func (b *Bus) releaseHeld(ctx context.Context) (n int, err error) {
	if err = b.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		n, err = releaseDue(ctx, tx)
		return err
	}); err != nil {
		return 0, fmt.Errorf("release events whose time has come: %w", err)
	}
	return n, nil
}

// releaseDue lets events go and returns how many they were.
func releaseDue(ctx context.Context, tx pgx.Tx) (n int, err error) {
	rounds, err := findRounds(ctx, tx)
	if err != nil {
		return 0, err
	}
	var w pgx.Batch
	for _, ids := range rounds {
		w.Queue(letGo, ids).Exec(func(tag pgconn.CommandTag) error {
			n += int(tag.RowsAffected())
			return nil
		})
	}
	err = tx.SendBatch(ctx, &w).Close()
	return n, err
}

// findRounds finds the events to let go. Of a key there is one in each round, so that the
// order of the rounds is theirs: within one statement PostgreSQL numbers rows as it likes.
func findRounds(ctx context.Context, tx pgx.Tx) ([][]uuid.UUID, error) {
	found, err := tx.Query(ctx, findHeld, releaseEvents)
	if err != nil {
		return nil, err
	}
	var rounds [][]uuid.UUID
	var id uuid.UUID
	var key string
	of := map[string]int{}
	_, err = pgx.ForEachRow(found, []any{&id, &key}, func() error {
		round := of[key]
		if key != "" {
			of[key]++
		}
		if round == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[round] = append(rounds[round], id)
		return nil
	})
	return rounds, err
}
