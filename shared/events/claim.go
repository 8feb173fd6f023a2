package events

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The states of a row.
const (
	stateWaiting = "waiting"
	stateSent    = "sent"
	stateDead    = "dead"
)

// row is a row of the outbox that is locked.
type row struct {
	id              uuid.UUID
	seq             int64
	name            string
	key             string // "" if it has none
	data            json.RawMessage
	time            time.Time // when it happened
	state           string
	sends           int
	firstSent, sent *time.Time
	next            time.Time
	now             time.Time // by the database's clock
	awaited         bool      // some function listens or has begun a run
}

const (
	// tune keeps the planner, whose statistics lag behind a queue that fills and
	// empties within seconds, from ever reading all of the table.
	tune = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
		set_config('enable_sort', 'off', true)`
	due = `SELECT id, seq, name, coalesce(key, ''), CASE state WHEN 'waiting' THEN data END, coalesce(time, created_at),
			state, sends, first_sent_at, sent_at, next_at, clock_timestamp()
		FROM outbox WHERE next_at <= now() AND (next_at, id) >= ($2, $3)
		ORDER BY next_at, id LIMIT $1 FOR UPDATE SKIP LOCKED`
)

// floorTime is how long a relay keeps where it was in the queue.
const floorTime = time.Second

// floor is where in the queue a batch begins. Without one each batch would step over
// what those before it have deleted, until the table is vacuumed: the more there was,
// the slower. What becomes due behind it waits for the floor to fall: when nothing is
// due above it, or after a second.
type floor struct {
	at   time.Time
	id   uuid.UUID
	till time.Time
}

// claim locks the rows that are due, up to the size of a batch, and returns them in
// the order in which they were published.
func (r *relay) claim(ctx context.Context, tx pgx.Tx) ([]row, error) {
	if now := time.Now(); now.After(r.floor.till) {
		r.floor = floor{till: now.Add(floorTime)}
	}
	var batch pgx.Batch
	batch.Queue(tune)
	batch.Queue(due, batchEvents, r.floor.at, r.floor.id)
	results := tx.SendBatch(ctx, &batch)
	defer func() { _ = results.Close() }()
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	claimed, err := results.Query()
	if err != nil {
		return nil, err
	}
	rows, err := scan(claimed)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	r.floor.at, r.floor.id = rows[0].next, rows[0].id
	slices.SortFunc(rows, func(a, b row) int { return int(a.seq - b.seq) })
	return rows, results.Close()
}

// scan reads rows up to the size of a batch; the rest is left for the next.
func scan(from pgx.Rows) ([]row, error) {
	defer from.Close()
	var rows []row
	for size := 0; size <= batchBytes && from.Next(); {
		var w row
		err := from.Scan(&w.id, &w.seq, &w.name, &w.key, &w.data, &w.time,
			&w.state, &w.sends, &w.firstSent, &w.sent, &w.next, &w.now)
		if err != nil {
			return nil, err
		}
		rows = append(rows, w)
		size += len(w.data)
	}
	from.Close()
	return rows, from.Err()
}
