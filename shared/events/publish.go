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
// Of an event that is to be sent later, see [At].
//
// An event without a name, with one that Inngest keeps for itself ("inngest/…"),
// or of more than [MaxSize] is fault.Invalid, and so is what PostgreSQL cannot hold,
// such as text with a zero byte.
func (b *Bus) Publish(ctx context.Context, tx pgx.Tx, events ...Event) error {
	var added rows
	for _, e := range events {
		e, until := split(e)
		if err := checkTime(e.EventName(), until); err != nil {
			return err
		}
		data, err := encode(e)
		if err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		added.add(row{id: id, name: e.EventName(), key: keyOf(e), data: data, until: until})
	}
	return b.insert(ctx, tx, &added)
}

// keyOf returns the event's key; "" for none.
func keyOf(e Event) string {
	if k, ok := e.(Keyed); ok {
		return k.EventKey()
	}
	return ""
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

// row is an event on its way into the outbox.
type row struct {
	id        uuid.UUID
	name, key string // no key is ""
	data      string
	at        time.Time // when it happened; now if zero
	until     time.Time // held back until then; not if zero
}

// rows are events on their way into the outbox, column by column.
type rows struct {
	ids       []uuid.UUID
	names     []string
	keys      []string
	data      []string
	at, until []*time.Time // nil for none
	queued    []string     // the keys of those that are not held back
	due       int64        // how many are not
}

func (r *rows) add(e row) {
	r.ids, r.names, r.keys, r.data = append(r.ids, e.id), append(r.names, e.name), append(r.keys, e.key), append(r.data, e.data)
	r.at, r.until = append(r.at, nullTime(e.at)), append(r.until, nullTime(e.until))
	if !e.until.IsZero() {
		return
	}
	r.due++
	if e.key != "" {
		r.queued = append(r.queued, e.key)
	}
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// insert adds the events that are new and tells the relays, who hear of it with the
// commit. Behind another one of its key, an event is parked; one that is held back has
// no place there yet. One that came from outside before is in the outbox, or has begun
// a run, or nobody listens to it.
const insert = `
	WITH new AS (
		SELECT *, row_number() OVER (PARTITION BY key, until IS NULL ORDER BY nr) > 1 AS behind
		FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
			WITH ORDINALITY AS e (id, name, key, data, at, until, nr)
		WHERE NOT EXISTS (SELECT FROM event_run AS r WHERE r.event_id = e.id)
	), added AS (
		INSERT INTO outbox (id, name, key, data, state, created_at, next_at)
		SELECT id, name, nullif(key, ''), data::jsonb, CASE WHEN until IS NULL THEN 'waiting' ELSE 'held' END, coalesce(at, now()), CASE
			WHEN until IS NOT NULL THEN until
			WHEN key <> '' AND (behind OR EXISTS (SELECT FROM outbox AS o WHERE o.key = new.key AND ` + queued + `))
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
	defer b.published.Add(r.due)
	if len(r.queued) > 0 {
		if err := lockKeys(ctx, tx, r.queued...); err != nil {
			return refused(err)
		}
	}
	_, err := tx.Exec(ctx, insert, r.ids, r.names, r.keys, r.data, r.at, r.until)
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
