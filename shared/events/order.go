package events

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Order per key. The first open row of a key, by seq, is its head, and no other is
// sent. One that is due behind a head is parked: due at infinity. Whoever ends a head
// releases the row that is the head then.
//
// No release is missed: a row is parked while its head is locked, and whoever ends
// the head locks it before, so that it sees the parked row. If the head is locked by
// another already, its end may be near, and the row is put off for a moment instead.
// What a crash or two ends at once have left parked all the same, [relay.unpark]
// finds.
const (
	heads = `SELECT k.key, head.id FROM unnest($1::text[]) AS k (key)
		CROSS JOIN LATERAL (SELECT id FROM outbox WHERE key = k.key AND state <> 'dead' ORDER BY seq LIMIT 1) AS head`
	holdHeads = `SELECT id FROM outbox WHERE id = ANY($1) AND state <> 'dead' FOR KEY SHARE SKIP LOCKED`
	park      = `UPDATE outbox SET next_at = 'infinity' WHERE id = ANY($1)`
	putOff    = `UPDATE outbox SET next_at = clock_timestamp() + interval '1 second' * (0.1 + random() / 5) WHERE id = ANY($1)`
	// release also skips a head that is locked: who locked it is not parking it. What
	// has waited for so long does not go to the end of the queue.
	release = `UPDATE outbox SET next_at = created_at WHERE id IN (
		SELECT id FROM outbox WHERE next_at = 'infinity' AND state <> 'dead' AND id IN (SELECT head.id FROM unnest($1::text[]) AS k (key)
			CROSS JOIN LATERAL (SELECT id FROM outbox WHERE key = k.key AND state <> 'dead' ORDER BY seq LIMIT 1) AS head)
		FOR UPDATE SKIP LOCKED)`
	// nextKeys steps from key to key over the index: its cost is that of the keys.
	nextKeys = `WITH RECURSIVE step (key, n) AS (
			(SELECT key, 1 FROM outbox WHERE key > $1 AND state <> 'dead' ORDER BY key LIMIT 1)
			UNION ALL
			SELECT (SELECT key FROM outbox WHERE key > step.key AND state <> 'dead' ORDER BY key LIMIT 1), n + 1
			FROM step WHERE step.key IS NOT NULL AND n < $2)
		SELECT key FROM step WHERE key IS NOT NULL`
)

// inOrder parks those of the rows that are not to be sent yet, and returns the rest.
func (r *relay) inOrder(ctx context.Context, tx pgx.Tx, rows []row) ([]row, error) {
	var keys []string
	for _, w := range rows {
		if w.key != "" && w.state == stateWaiting {
			keys = append(keys, w.key)
		}
	}
	if len(keys) == 0 {
		return rows, nil
	}
	slices.Sort(keys)
	head, err := headsOf(ctx, tx, slices.Compact(keys))
	if err != nil {
		return nil, err
	}
	var behind, rest []row
	for _, w := range rows {
		if h, ok := head[w.key]; w.key != "" && w.state == stateWaiting && ok && h != w.id {
			behind = append(behind, w)
		} else {
			rest = append(rest, w)
		}
	}
	return rest, parkBehind(ctx, tx, behind, head)
}

func headsOf(ctx context.Context, tx pgx.Tx, keys []string) (map[string]uuid.UUID, error) {
	rows, err := tx.Query(ctx, heads, keys)
	if err != nil {
		return nil, err
	}
	head := map[string]uuid.UUID{}
	var key string
	var id uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&key, &id}, func() error {
		head[key] = id
		return nil
	})
	return head, err
}

func parkBehind(ctx context.Context, tx pgx.Tx, behind []row, head map[string]uuid.UUID) error {
	if len(behind) == 0 {
		return nil
	}
	var wanted []uuid.UUID
	for _, w := range behind {
		wanted = append(wanted, head[w.key])
	}
	rows, err := tx.Query(ctx, holdHeads, wanted)
	if err != nil {
		return err
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	var parked, off []uuid.UUID
	for _, w := range behind {
		if slices.Contains(held, head[w.key]) {
			parked = append(parked, w.id)
		} else {
			off = append(off, w.id)
		}
	}
	var batch pgx.Batch
	queue(&batch, park, parked)
	queue(&batch, putOff, off)
	return tx.SendBatch(ctx, &batch).Close()
}

// queue adds a statement about some rows, if there are any.
func queue[T any](batch *pgx.Batch, sql string, about []T, more ...any) {
	if len(about) > 0 {
		batch.Queue(sql, append([]any{about}, more...)...)
	}
}

// unpark releases heads that are parked, of some keys after the given one, and
// returns the last of these; "" at the end.
func (r *relay) unpark(ctx context.Context, after string) (string, error) {
	err := r.db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, tune); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, nextKeys, after, keysAtOnce)
		if err != nil {
			return err
		}
		keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		after = ""
		if len(keys) == keysAtOnce {
			after = keys[len(keys)-1]
		}
		_, err = tx.Exec(ctx, release, keys)
		return err
	})
	return after, err
}
