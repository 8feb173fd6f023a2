package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// State is how far an event in the outbox has come.
type State string

// The states. An event whose runs have all ended is in the outbox no more.
const (
	Held    State = "held"    // its time has not come
	Waiting State = "waiting" // to be sent, perhaps again
	Sent    State = "sent"    // Inngest has it, and no run of it has begun
	Begun   State = "begun"   // a run of it has begun, or nobody listens
	Dead    State = "dead"    // given up, for a person to look at
)

// Row is an event in the outbox.
type Row struct {
	ID        uuid.UUID  `json:"id"`
	Seq       int64      `json:"seq"` // the order within its key
	Name      string     `json:"name"`
	Key       string     `json:"key,omitempty"`
	State     State      `json:"state"`
	CreatedAt time.Time  `json:"createdAt"`
	NextAt    *time.Time `json:"nextAt,omitempty"` // when it is looked at; nil: it is dead, or behind another one of its key
	Sends     int        `json:"sends"`            // how often Inngest has taken it
	Attempts  int        `json:"attempts"`         // how often sending it has failed since
	LastError string     `json:"lastError,omitempty"`
	// Data and Runs are filled by [Find] alone.
	Data json.RawMessage `json:"data,omitempty"`
	Runs []RowRun        `json:"runs,omitempty"`
}

// RowRun is how far a function has come with an event.
type RowRun struct {
	Function string     `json:"function"`      // as Inngest knows it
	ID       string     `json:"run,omitempty"` // Inngest's id of the run; "" if none has begun
	BegunAt  *time.Time `json:"begunAt,omitempty"`
	DueAt    *time.Time `json:"dueAt,omitempty"`   // when it will have been heard of again, or ended
	Outcome  string     `json:"outcome,omitempty"` // done, failed or cancelled; "" while it goes on
	Awaited  bool       `json:"awaited"`           // whether the event is done only when it has ended
}

// Filter says which rows [List] returns.
type Filter struct {
	State State  // "" for any
	Name  string // "" for any
	Limit int    // 0 for 100
}

// columns are a row's, but its data.
const columns = `id, seq, name, coalesce(key, ''), state, created_at, nullif(next_at, 'infinity'),
	sends, attempts, coalesce(last_error, '')`

func (r *Row) fields() []any {
	return []any{
		&r.ID, &r.Seq, &r.Name, &r.Key, &r.State, &r.CreatedAt, &r.NextAt, &r.Sends, &r.Attempts, &r.LastError,
	}
}

// List returns what is in the outbox: first what is due first, and at the end what
// waits behind another one of its key, and what is dead.
func List(ctx context.Context, d *db.DB, f Filter) ([]Row, error) {
	if f.Limit == 0 {
		f.Limit = 100
	}
	query := `SELECT ` + columns + ` FROM outbox WHERE ($1 = '' OR state = $1) AND ($2 = '' OR name = $2) `
	if f.State == Dead {
		query += `AND state = 'dead' ORDER BY seq LIMIT $3` // by the index of the dead
	} else {
		query += `ORDER BY next_at, id LIMIT $3`
	}
	rows, err := d.Query(ctx, query, f.State, f.Name, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Row, err error) {
		err = row.Scan(r.fields()...)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	return all, nil
}

const findRuns = `
	SELECT function, coalesce(run_id, ''), begun_at, due_at, coalesce(outcome, ''), coalesce(awaited, false)
	FROM (SELECT * FROM event_run WHERE event_id = $1) AS r
		FULL JOIN (SELECT function, true AS awaited FROM listener WHERE event = $2) AS l USING (function)
	ORDER BY function`

// Find returns the event id with its data, its runs, and the functions of which a run
// has to begin. One that is not in the outbox is fault.NotFound.
func Find(ctx context.Context, d *db.DB, id uuid.UUID) (Row, error) {
	var r Row
	err := d.QueryRow(ctx, `SELECT `+columns+`, data FROM outbox WHERE id = $1`, id).Scan(append(r.fields(), &r.Data)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Row{}, notInOutbox(id)
	}
	if err != nil {
		return Row{}, fmt.Errorf("find the event %s: %w", id, err)
	}
	rows, err := d.Query(ctx, findRuns, id, r.Name)
	if err == nil {
		r.Runs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RowRun])
	}
	if err != nil {
		return Row{}, fmt.Errorf("find the runs of the event %s: %w", id, err)
	}
	return r, nil
}

func notInOutbox(id uuid.UUID) error {
	return fault.New(fault.NotFound, "The event %s is not in the outbox: it is done, dropped, or was never there.", id)
}
