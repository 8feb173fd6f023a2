package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// Running is the state of a run that has not ended. The others are outcomes.
const Running = "running"

// Past is a run as the ledger remembers it.
type Past struct {
	ID       string      `json:"id"`       // Inngest's
	Function string      `json:"function"` // as Inngest knows it
	State    string      `json:"state"`    // [Running], or an [Outcome]
	BegunAt  time.Time   `json:"begunAt"`
	DueAt    *time.Time  `json:"dueAt,omitempty"` // when it will have been heard of again, if it goes on
	EndedAt  *time.Time  `json:"endedAt,omitempty"`
	Release  string      `json:"release,omitempty"` // that it was begun by
	Error    string      `json:"error,omitempty"`   // of its last call
	Events   []PastEvent `json:"events"`
	// Steps are filled by [Find] alone, and so is the data of events.
	Steps []PastStep `json:"steps,omitempty"`
}

// PastEvent is an event that a run handles.
type PastEvent struct {
	ID   uuid.UUID       `json:"id"` // made up for an event that did not come through the outbox
	Name string          `json:"name"`
	Data json.RawMessage `json:"data,omitempty"` // nil if it is not known any more
}

// PastStep is a step that a run has come to.
type PastStep struct {
	Name   string          `json:"name"` // "" if it is not known
	Op     string          `json:"op"`
	Result json.RawMessage `json:"result,omitempty"` // nil while it goes on; see [Step]
	At     time.Time       `json:"at"`               // when that became known
}

// Filter says which runs are meant. The zero value means all, but for those of the host's
// own functions.
type Filter struct {
	Function string     // its name, "jobs/mail", or as Inngest knows it
	State    string     // see [Past]
	Error    string     // a part of it, in any case
	Since    *time.Time // begun then or later
	Until    *time.Time // begun before
}

// matching are the conditions on table event_run that a filter makes, with its args.
const matching = ` strpos(function, '-jobs-') > 0
	AND ($1 = '' OR function = $1 OR right(function, length($1) + 1) = '-' || $1)
	AND ($2 = '' OR coalesce(outcome, '` + Running + `') = $2)
	AND ($3 = '' OR strpos(lower(error), lower($3)) > 0)
	AND ($4::timestamptz IS NULL OR begun_at >= $4) AND ($5::timestamptz IS NULL OR begun_at < $5)`

func (f Filter) args(more ...any) []any {
	return append([]any{idOf(f.Function), f.State, f.Error, f.Since, f.Until}, more...)
}

// past begins a query of runs in table event_run.
const past = `SELECT run_id, function, coalesce(min(r.outcome), '` + Running + `'), min(begun_at),
		min(due_at) FILTER (WHERE outcome IS NULL), max(due_at) FILTER (WHERE outcome IS NOT NULL),
		min(release), coalesce(min(error), '')`

const list = past + `,
		json_agg(json_build_object('id', event_id, 'name', name) ORDER BY event_id)
	FROM event_run AS r WHERE` + matching + `
	GROUP BY run_id, function ORDER BY 4 DESC, 1 LIMIT $6`

const find = past + `,
		json_agg(json_build_object('id', event_id, 'name', r.name, 'data', coalesce(r.data, o.data::json)) ORDER BY event_id)
	FROM event_run AS r LEFT JOIN outbox AS o ON o.id = r.event_id WHERE run_id = $1
	GROUP BY run_id, function`

// List returns runs, newest first, limit at most.
func List(ctx context.Context, d *db.DB, f Filter, limit int) ([]Past, error) {
	rows, err := d.Query(ctx, list, f.args(limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanPast)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	return all, nil
}

func scanPast(row pgx.CollectableRow) (p Past, err error) {
	err = row.Scan(&p.ID, &p.Function, &p.State, &p.BegunAt, &p.DueAt, &p.EndedAt, &p.Release, &p.Error, &p.Events)
	for i := range p.Events {
		if string(p.Events[i].Data) == "null" {
			p.Events[i].Data = nil
		}
	}
	return p, err
}

// Find returns the run id with its events' data and its steps. One that the ledger does not
// know is fault.NotFound.
func Find(ctx context.Context, d *db.DB, id string) (Past, error) {
	rows, err := d.Query(ctx, find, id)
	if err != nil {
		return Past{}, fmt.Errorf("find the run %s: %w", id, err)
	}
	p, err := pgx.CollectOneRow(rows, scanPast)
	if errors.Is(err, pgx.ErrNoRows) {
		return Past{}, unknown(id)
	}
	if err == nil {
		rows, err = d.Query(ctx, `SELECT name, op, result, at FROM run_step WHERE run_id = $1 ORDER BY nr, at, id`, id)
	}
	if err == nil {
		p.Steps, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PastStep])
	}
	if err != nil {
		return Past{}, fmt.Errorf("find the run %s: %w", id, err)
	}
	return p, nil
}

// idOf returns the end of what Inngest knows the function by that has this name.
func idOf(function string) string { return strings.ReplaceAll(function, "/", "-") }

func unknown(id string) error {
	return fault.New(fault.NotFound, "No run %s is known: it was never there, or is forgotten.", id)
}
