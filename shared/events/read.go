package events

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/exact"
)

// A batch is at most this many events, and what is sent of it ends with the one that
// makes it larger than this many bytes.
const (
	batchEvents = 500
	batchBytes  = 1 << 20
)

// message is an event as Inngest takes it, and what the relay knows of it.
type message struct {
	ID   uuid.UUID       `json:"id"`
	Name string          `json:"name"`
	Data json.RawMessage `json:"data"`
	TS   int64           `json:"ts"` // milliseconds since 1970
	User sender          `json:"user"`

	key    string // "" for none
	sent   bool   // Inngest has taken it before
	behind bool   // it is not the first of its key
	stored int    // bytes that its data takes in the database; less than it is sent as
}

// sender is whose event it is. Inngest carries it beside the data, and jobs of another
// app are not begun by it.
type sender struct {
	App string `json:"app"`
}

// due finds events to look at, longest waiting first, without their data: most may
// only have to be looked at.
const due = `SELECT id, name, pg_column_size(data), created_at, coalesce(key, ''), state = 'sent',
		key IS NOT NULL AND EXISTS (SELECT FROM outbox AS e WHERE e.key = o.key AND e.state <> 'dead' AND e.seq < o.seq)
	FROM outbox AS o WHERE next_at <= now() ORDER BY next_at, id LIMIT $1 FOR UPDATE SKIP LOCKED`

// read returns the events that are due, in the order of their ids, up to the size of a
// batch. The rest is left for the next.
func read(ctx context.Context, tx pgx.Tx) ([]message, error) {
	rows, err := tx.Query(ctx, due, batchEvents)
	if err != nil {
		return nil, err
	}
	size := 0
	messages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m message, err error) {
		var at time.Time
		err = row.Scan(&m.ID, &m.Name, &m.stored, &at, &m.key, &m.sent, &m.behind)
		m.TS = at.UnixMilli()
		return m, err
	})
	if err != nil {
		return nil, err
	}
	if full := slices.IndexFunc(messages, func(m message) bool {
		size += m.stored
		return size > batchBytes
	}); full >= 0 {
		messages = messages[:full+1]
	}
	slices.SortFunc(messages, func(a, b message) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return messages, nil
}

// load returns as many of the messages, with their data, as fit into a request. Numbers
// that Inngest would change are carried: see package exact.
func load(ctx context.Context, tx pgx.Tx, messages []message) ([]message, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT id, data FROM outbox WHERE id = ANY($1)`, idsOf(messages))
	if err != nil {
		return nil, err
	}
	data := make(map[uuid.UUID]json.RawMessage, len(messages))
	var id uuid.UUID
	var text json.RawMessage
	if _, err := pgx.ForEachRow(rows, []any{&id, &text}, func() error {
		data[id] = slices.Clone(exact.Carry(text))
		return nil
	}); err != nil {
		return nil, err
	}
	size := 0
	for i := range messages {
		messages[i].Data = data[messages[i].ID]
		if size += len(messages[i].Data); size > batchBytes {
			return messages[:i+1], nil
		}
	}
	return messages, nil
}
