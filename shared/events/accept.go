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

// Accept publishes events from outside, all or none, and returns their ids in the
// same order. An event that has come before is left out: it is the one that it was.
func (b *Bus) Accept(ctx context.Context, all []Foreign) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(all))
	err := b.db.InTx(ctx, func(tx pgx.Tx) error {
		for i, f := range all {
			ids[i] = IDOf(f.Source, f.ID)
			at := f.Time
			if at.IsZero() {
				at = time.Now()
			}
			_, err := tx.Exec(ctx, `INSERT INTO outbox (id, name, key, data, created_at)
				SELECT $1, $2, nullif($5, ''), $3::jsonb, $4 WHERE NOT EXISTS (SELECT FROM event_run WHERE event_id = $1)
				ON CONFLICT (id) DO NOTHING`, ids[i], f.Name, string(f.Data), at, f.Key)
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `SELECT pg_notify($1, '')`, channel)
		return err
	})
	return ids, err
}
