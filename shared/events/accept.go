package events

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Foreign is an event from outside.
type Foreign struct {
	Source, ID string // together they are its identity
	Name       string
	Key        string // events of one key take effect one after another; "" for none
	Data       json.RawMessage
	Time       time.Time // when it happened; now if zero
}

// IDOf returns the id that the event called id by source has here.
func IDOf(source, id string) uuid.UUID {
	return uuid.NewSHA1(uuid.NewSHA1(uuid.NameSpaceURL, []byte(source)), []byte(id))
}

// accept adds the events that are neither in the outbox nor have begun a run.
const accept = `
	WITH added AS (
		INSERT INTO outbox (id, name, key, data, created_at)
		SELECT id, name, nullif(key, ''), data::jsonb, at
			FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS e (id, name, key, data, at)
			WHERE NOT EXISTS (SELECT FROM event_run r WHERE r.event_id = e.id)
		ON CONFLICT (id) DO NOTHING
	)
	SELECT pg_notify('` + channel + `', '')`

// Accept publishes events from outside, all or none, and returns their ids in the
// same order. An event that has come before is left out: it is the one that it was.
func (b *Bus) Accept(ctx context.Context, all []Foreign) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(all))
	names, keys, data, times := make([]string, len(all)), make([]string, len(all)), make([]string, len(all)), make([]time.Time, len(all))
	for i, f := range all {
		ids[i], names[i], keys[i], data[i], times[i] = IDOf(f.Source, f.ID), f.Name, f.Key, string(f.Data), f.Time
		if f.Time.IsZero() {
			times[i] = time.Now()
		}
	}
	err := b.db.InTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, accept, ids, names, keys, data, times)
		return err
	})
	return ids, err
}
