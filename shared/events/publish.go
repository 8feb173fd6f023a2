package events

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/fault"
)

// Publish writes the events into the outbox as a part of tx: they are sent once tx
// has committed, and never if it has not. It does not wait for Inngest.
//
// Of transactions that publish events of one key, the second waits until the first
// has ended: so there is an order that all agree on.
//
// An event without a name, with one that Inngest keeps for itself ("inngest/…"),
// or of more than [MaxSize] is fault.Invalid, and so is what PostgreSQL cannot hold,
// such as text with a zero byte.
func (b *Bus) Publish(ctx context.Context, tx pgx.Tx, events ...Event) error {
	var added rows
	for _, e := range events {
		data, err := encode(e)
		if err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		key := ""
		if k, ok := e.(Keyed); ok {
			key = k.EventKey()
		}
		added.add(id, e.EventName(), key, data, time.Time{})
	}
	return b.insert(ctx, tx, &added)
}

// encode returns the event's data as JSON.
func encode(e Event) (string, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return "", fault.New(fault.Invalid, "The event %s cannot be written as JSON.", e.EventName()).Because(err)
	}
	return string(text), check(e.EventName(), text)
}

// check says whether Inngest could take an event.
func check(name string, data []byte) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fault.New(fault.Invalid, "An event needs a name.")
	case strings.HasPrefix(name, "inngest/"):
		return fault.New(fault.Invalid, "The event name %s is not allowed: inngest/ is reserved.", name)
	case len(data) > MaxSize:
		return fault.New(fault.Invalid, "The event %s is too large: %d bytes, of %d at most.", name, len(data), MaxSize)
	}
	return nil
}

// rows are events on their way into the outbox, column by column.
type rows struct {
	ids   []uuid.UUID
	names []string
	keys  []string // "" for none
	data  []string
	times []*time.Time // nil for now
	keyed bool         // whether some have a key
}

func (r *rows) add(id uuid.UUID, name, key, data string, at time.Time) {
	r.ids, r.names, r.keys, r.data = append(r.ids, id), append(r.names, name), append(r.keys, key), append(r.data, data)
	when := &at
	if at.IsZero() {
		when = nil
	}
	r.times, r.keyed = append(r.times, when), r.keyed || key != ""
}

// insert adds the events that are new and tells the relays, who hear of it with the
// commit. Behind another one of its key, an event is parked. One that came from
// outside before is in the outbox, or has begun a run, or nobody listens to it.
const insert = `
	WITH new AS (
		SELECT *, row_number() OVER (PARTITION BY key ORDER BY nr) > 1 AS behind
		FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
			WITH ORDINALITY AS e (id, name, key, data, at, nr)
		WHERE NOT EXISTS (SELECT FROM event_run AS r WHERE r.event_id = e.id)
	), added AS (
		INSERT INTO outbox (id, name, key, data, created_at, next_at)
		SELECT id, name, nullif(key, ''), data::jsonb, coalesce(at, now()), CASE
			WHEN key <> '' AND (behind OR EXISTS (SELECT FROM outbox AS o WHERE o.key = new.key AND o.state <> 'dead'))
			THEN 'infinity' ELSE now() END
		FROM new ORDER BY nr
		ON CONFLICT (id) DO NOTHING
	)
	SELECT pg_notify('` + channel + `', '')`

// insert adds the events as a part of tx.
func (b *Bus) insert(ctx context.Context, tx pgx.Tx, r *rows) error {
	if len(r.ids) == 0 {
		return nil
	}
	defer b.published.Add(int64(len(r.ids)))
	if r.keyed {
		if err := lockKeys(ctx, tx, r.keys...); err != nil {
			return refused(err)
		}
	}
	_, err := tx.Exec(ctx, insert, r.ids, r.names, r.keys, r.data, r.times)
	return refused(err)
}

// refused makes fault.Invalid of an error that the events themselves have caused.
func refused(err error) error {
	var said *pgconn.PgError
	switch {
	case !errors.As(err, &said):
		return err
	case said.Code == "22P05" || said.Code == "22021":
		return fault.New(fault.Invalid, "Text must not contain a zero byte.").Because(err)
	case strings.HasPrefix(said.Code, "22") || strings.HasPrefix(said.Code, "54"):
		// No JSON, half of a surrogate pair, a number of a million digits, a key of 3,000 bytes.
		return fault.New(fault.Invalid, "The database cannot hold the data or the key of an event.").Because(err)
	}
	return err
}
