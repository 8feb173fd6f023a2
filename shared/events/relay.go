package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A batch is at most this many events, and ends with the one that makes it larger
// than this many bytes.
const (
	batchEvents = 500
	batchBytes  = 1 << 20
)

// message is an event as Inngest takes it.
type message struct {
	ID   uuid.UUID       `json:"id"`
	Name string          `json:"name"`
	Data json.RawMessage `json:"data"`
	TS   int64           `json:"ts"` // milliseconds since 1970
}

const (
	due = `SELECT id, name, data, created_at FROM outbox WHERE next_at <= now()
		ORDER BY next_at, id LIMIT $1 FOR UPDATE SKIP LOCKED`
	dueOne = `SELECT id, name, data, created_at FROM outbox WHERE id = $1 AND next_at <= now()
		FOR UPDATE SKIP LOCKED`
	done = `DELETE FROM outbox WHERE id = ANY($1)`
	// failed makes the next attempt wait for 1 s, then 2, 4 and so on to a minute,
	// each less up to a half by chance.
	failed = `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
		next_at = clock_timestamp() + interval '1 second' * least(60, 2 ^ least(attempts, 10)) * (1 - random() / 2)
		WHERE id = ANY($1)`
)

// batch sends the events that are due, as many as one request takes, and returns
// how many it has dealt with. The error says why sending at all is of no use now;
// an event that Inngest refuses is dealt with when it has been put off.
func (r *relay) batch(ctx context.Context) (int, error) {
	messages, err := r.attempt(ctx, due, batchEvents)
	var refused *refusedError
	if !errors.As(err, &refused) || len(messages) == 0 {
		return len(messages), err
	}
	if len(messages) == 1 {
		r.logRefused(ctx, messages[0], refused)
		return 1, nil
	}
	// One of them may be why all were refused, and must not hold up the others.
	for _, m := range messages {
		_, err := r.attempt(ctx, dueOne, m.ID)
		switch {
		case errors.As(err, &refused):
			r.logRefused(ctx, m, refused)
		case err != nil:
			return 0, err
		}
	}
	return len(messages), nil
}

func (r *relay) logRefused(ctx context.Context, m message, refused *refusedError) {
	r.log.ErrorContext(ctx, "event refused; it stays in the outbox",
		slog.String("id", m.ID.String()), slog.String("name", m.Name), slog.Any("error", refused))
}

// attempt sends the events that query finds, in one transaction: their rows stay
// locked, so that no other relay sends them too, are deleted if Inngest takes the
// events, and else put off. Of several that Inngest refused nothing is written: they
// are to be tried one at a time.
//
// Should the process or a connection die after Inngest took them, they are sent
// again under the same ids.
func (r *relay) attempt(ctx context.Context, query string, arg any) ([]message, error) {
	var messages []message
	var failure error
	err := r.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		if messages, err = read(ctx, tx, query, arg); err != nil || len(messages) == 0 {
			return err
		}
		ids := make([]uuid.UUID, len(messages))
		for i, m := range messages {
			ids[i] = m.ID
		}
		var refused *refusedError
		failure = r.send(ctx, messages)
		switch {
		case failure == nil:
			_, err = tx.Exec(ctx, done, ids)
		case ctx.Err() != nil || (len(messages) > 1 && errors.As(failure, &refused)):
			// Not a failure of theirs, or not yet known to be one.
		default:
			_, err = tx.Exec(ctx, failed, ids, failure.Error())
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return messages, failure
}

// read returns the events that query finds, oldest first, up to the size of a batch.
func read(ctx context.Context, tx pgx.Tx, query string, arg any) ([]message, error) {
	rows, err := tx.Query(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var messages []message
	for size := 0; size <= batchBytes && rows.Next(); {
		var m message
		var at time.Time
		if err := rows.Scan(&m.ID, &m.Name, &m.Data, &at); err != nil {
			return nil, err
		}
		m.TS = at.UnixMilli()
		messages = append(messages, m)
		size += len(m.Data)
	}
	rows.Close() // the rest, if the batch was full, is left for the next
	slices.SortFunc(messages, func(a, b message) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return messages, rows.Err()
}
