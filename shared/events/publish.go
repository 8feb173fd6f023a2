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

// What an event and what is published at once may be at most, as JSON, in bytes.
const (
	MaxSize  = 512 << 10
	MaxTotal = 16 << 20
)

// Publish writes the events into the outbox as a part of tx: they are sent once tx
// has committed, and never if it has not. It does not wait for Inngest.
//
// Events of one key take effect in the order in which they were published. Another
// transaction that publishes one of the same key waits for tx to end. Like row
// locks, keys that two transactions take in different order, over several calls,
// make a deadlock, which ends one of them with an error; one call takes its keys in
// an order that is safe.
//
// An event without a name, with one that Inngest keeps for itself ("inngest/…"),
// or of more than [MaxSize] is fault.Invalid, and so are events of more than
// [MaxTotal] together, and text with a zero byte, which PostgreSQL cannot hold.
func (b *Bus) Publish(ctx context.Context, tx pgx.Tx, events ...Event) error {
	all := make([]entry, len(events))
	for i, e := range events {
		var err error
		if all[i], err = newEntry(e); err != nil {
			return err
		}
	}
	return insertAll(ctx, tx, all)
}

// entry is an event on its way into the outbox.
type entry struct {
	id   uuid.UUID
	name string
	key  *string    // nil if it has none
	data string     // JSON
	time *time.Time // nil if it is now
}

func newEntry(e Event) (entry, error) {
	name := e.EventName()
	if err := checkName(name); err != nil {
		return entry{}, err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return entry{}, fault.New(fault.Invalid, "The event %s cannot be written as JSON.", name).Because(err)
	}
	if err := checkSize(name, len(text)); err != nil {
		return entry{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return entry{}, err
	}
	added := entry{id: id, name: name, data: string(text)}
	if keyed, ok := e.(Keyed); ok {
		added.key = optional(keyed.EventKey())
	}
	return added, nil
}

func optional(key string) *string {
	if key == "" {
		return nil
	}
	return &key
}

func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fault.New(fault.Invalid, "An event needs a name.")
	case strings.HasPrefix(name, "inngest/"):
		return fault.New(fault.Invalid, "The event name %s is not allowed: inngest/ is reserved.", name)
	}
	return nil
}

func checkSize(name string, size int) error {
	if size > MaxSize {
		return fault.New(fault.Invalid, "The event %s is too large: %d bytes, of %d at most.", name, size, MaxSize)
	}
	return nil
}

const (
	// lockKeys makes the order of seq that of the commits, for each key. The first
	// number keeps these locks apart from others.
	lockKeys = `SELECT pg_advisory_xact_lock(1869968482, lock) FROM (
		SELECT DISTINCT hashtext(key) AS lock FROM unnest($1::text[]) AS k (key) WHERE key IS NOT NULL ORDER BY 1) AS locks`
	// insert adds the events and tells the relays, who hear of it with the commit.
	// An outside event that is known is not added again.
	insert = `
		WITH added AS (
			INSERT INTO outbox (id, name, key, data, time)
			SELECT id, name, key, data::jsonb, time
			FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
				WITH ORDINALITY AS e (id, name, key, data, time, place)
			WHERE NOT $6 OR NOT EXISTS (SELECT FROM event_run WHERE event_id = e.id)
			ORDER BY place
			ON CONFLICT (id) DO NOTHING
		)
		SELECT pg_notify('` + channel + `', '')`
)

// insertAll adds the entries, in one round trip.
func insertAll(ctx context.Context, tx pgx.Tx, all []entry) error { return add(ctx, tx, all, false) }

// insertNew adds those whose ids are not known.
func insertNew(ctx context.Context, tx pgx.Tx, all []entry) error { return add(ctx, tx, all, true) }

func add(ctx context.Context, tx pgx.Tx, all []entry, onlyNew bool) error {
	if len(all) == 0 {
		return nil
	}
	ids, names, data := make([]uuid.UUID, len(all)), make([]string, len(all)), make([]string, len(all))
	keys, times := make([]*string, len(all)), make([]*time.Time, len(all))
	total, keyed := 0, false
	for i, e := range all {
		ids[i], names[i], keys[i], data[i], times[i] = e.id, e.name, e.key, e.data, e.time
		total += len(e.data)
		keyed = keyed || e.key != nil
	}
	if total > MaxTotal {
		return fault.New(fault.Invalid, "The events are too large together: %d bytes, of %d at most.", total, MaxTotal)
	}
	var batch pgx.Batch
	if keyed {
		batch.Queue(lockKeys, keys)
	}
	// A statement of its own: it begins when the locks are there.
	batch.Queue(insert, ids, names, keys, data, times, onlyNew)
	return refusedText(tx.SendBatch(ctx, &batch).Close())
}

// refusedText tells text that PostgreSQL cannot hold from other trouble.
func refusedText(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "22P05" || refused.Code == "22021") {
		return fault.New(fault.Invalid, "Text must not contain a zero byte.").Because(err)
	}
	return err
}
