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
	added := make([]row, 0, len(events))
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
		added = append(added, row{id: id, name: e.EventName(), key: keyOf(e), data: data, until: until})
	}
	return b.insert(ctx, tx, added)
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

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// insert adds an event unless it is in the outbox or a run of it has begun. Behind another one of
// its key, it is parked.
const insert = `
	INSERT INTO outbox (id, name, key, data, state, created_at, next_at)
	SELECT $1::uuid, $2::text, nullif($3::text, ''), $4::text::jsonb, CASE WHEN $6::timestamptz IS NULL THEN 'waiting' ELSE 'held' END,
		coalesce($5::timestamptz, now()), CASE
			WHEN $6 IS NOT NULL THEN $6
			WHEN $3 <> '' AND EXISTS (SELECT FROM outbox AS o WHERE o.key = $3 AND ` + queued + `) THEN 'infinity'
			ELSE now() END
	WHERE NOT EXISTS (SELECT FROM event_run AS r WHERE r.event_id = $1)
	ON CONFLICT (id) DO NOTHING`

// insert adds the events as a part of tx, and has relays hear of them with its commit. It sends a
// statement for each event, in one round trip: PostgreSQL plans that statement once, and one with
// arrays for all events each time.
func (b *Bus) insert(ctx context.Context, tx pgx.Tx, all []row) error {
	if len(all) == 0 {
		return nil
	}
	var w pgx.Batch
	var keys []string // of queues: what is held back has no place there yet
	for _, e := range all {
		if !e.until.IsZero() {
			continue
		}
		b.published.Add(1)
		if e.key != "" {
			keys = append(keys, e.key)
		}
	}
	if len(keys) > 0 {
		w.Queue(lockQueues, keys)
	}
	for _, e := range all {
		w.Queue(insert, e.id, e.name, e.key, e.data, nullTime(e.at), nullTime(e.until))
	}
	if !b.wakes(ctx, tx) {
		w.Queue(wakeRelays)
	}
	return refused(tx.SendBatch(ctx, &w).Close())
}

// wakes has a relay of this process look once tx has committed, and reports whether it will. Else
// PostgreSQL has to tell all relays: it lets no two transactions commit at once that do so, in all
// databases of the server, so that each waits until those before it are on the disk.
func (b *Bus) wakes(ctx context.Context, tx pgx.Tx) bool {
	t, ok := tx.(interface{ Then(f func()) })
	if !ok || b.relays.Load() == 0 {
		return false
	}
	t.Then(func() {
		give(b.news)
		if b.relays.Load() == 0 { // the last one has ended meanwhile, and may have looked before
			_, _ = b.db.Exec(ctx, wakeRelays) // a relay that does not hear of it looks every few seconds
		}
	})
	return true
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
