package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// repeatBatch is how many runs are repeated in one transaction.
const repeatBatch = 200

// IDs returns the ids of the runs that a filter means, longest ago first.
func IDs(ctx context.Context, d *db.DB, f Filter) ([]string, error) {
	rows, err := d.Query(ctx, `SELECT run_id FROM event_run WHERE`+matching+` GROUP BY run_id ORDER BY min(begun_at), run_id`, f.args()...)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	return ids, nil
}

// Repeat publishes the events of runs once more, each for the function of the run alone, and
// returns how many runs these are. The runs must have failed, or been cancelled; one that
// goes on, has ended well or is being repeated already is fault.Conflict, and so is one
// whose event is not known any more or cannot be published. One that is not known is
// fault.NotFound. The others are repeated all the same.
func Repeat(ctx context.Context, d *db.DB, ids ...string) (n int, err error) {
	var refused []error
	for batch := range slices.Chunk(ids, repeatBatch) {
		var r repetition
		err := d.InTx(ctx, func(tx pgx.Tx) (err error) {
			r, err = repeat(ctx, tx, batch)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("repeat runs: %w", err)
		}
		n += r.runs
		refused = append(refused, r.refused...)
	}
	return n, errors.Join(refused...)
}

// repetition is what becomes of some runs.
type repetition struct {
	runs    int
	refused []error

	ids, events                 []uuid.UUID // what is published, and what that repeats
	names, data, only, runNames []string
}

// handled is an event that a run has handled.
type handled struct {
	Run, Function string
	Event         uuid.UUID
	Name, State   string
	Data          *string
}

func repeat(ctx context.Context, tx pgx.Tx, runs []string) (repetition, error) {
	rows, err := tx.Query(ctx, `
		SELECT run_id, function, event_id, r.name, coalesce(outcome, '`+Running+`'), coalesce(r.data::text, o.data::text)
		FROM event_run AS r LEFT JOIN outbox AS o ON o.id = r.event_id
		WHERE run_id = ANY($1) ORDER BY event_id, function FOR UPDATE OF r`, runs)
	if err != nil {
		return repetition{}, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[handled])
	if err != nil {
		return repetition{}, err
	}
	var r repetition
	for _, id := range runs {
		of := slices.Collect(func(yield func(handled) bool) {
			for _, h := range all {
				if h.Run == id && !yield(h) {
					return
				}
			}
		})
		if err := r.add(id, of); err != nil {
			r.refused = append(r.refused, err)
		}
	}
	return r, r.publish(ctx, tx)
}

// add adds the events of a run, or says why it cannot be repeated.
func (r *repetition) add(id string, all []handled) error {
	if len(all) == 0 {
		return unknown(id)
	}
	for _, h := range all {
		if why := h.stays(); why != "" {
			return fault.New(fault.Conflict, "The run %s cannot be repeated: %s.", id, why)
		}
	}
	for _, h := range all {
		event, err := uuid.NewV7()
		if err != nil {
			return err
		}
		r.ids, r.events = append(r.ids, event), append(r.events, h.Event)
		r.names, r.data = append(r.names, h.Name), append(r.data, *h.Data)
		r.only, r.runNames = append(r.only, h.Function), append(r.runNames, id)
	}
	return nil
}

// stays says why an event cannot be handled once more, or "".
func (h handled) stays() string {
	switch {
	case h.State == Running:
		return "it goes on; cancel it first"
	case h.State == string(Done):
		return "it has ended well"
	case strings.HasPrefix(h.Name, "inngest/"):
		return "it was begun by Inngest itself, for a schedule, a step.Invoke or a failure, and not by an event"
	case h.Name == "" || h.Data == nil:
		return "its event is not known any more"
	case strings.Contains(*h.Data, `\u0000`):
		return "its event has text with a zero byte, which the outbox cannot hold"
	}
	return ""
}

// publish puts the events into the outbox, but those that are there already.
func (r *repetition) publish(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		WITH added AS (
			INSERT INTO outbox (id, name, data, repeats, "only")
			SELECT id, name, data::jsonb, event, function
			FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[]) WITH ORDINALITY AS e (id, name, data, event, function, nr)
			WHERE NOT EXISTS (SELECT FROM outbox AS o WHERE o.repeats = e.event AND o.only = e.function AND o.state <> 'dead')
			ORDER BY nr RETURNING id
		), told AS (SELECT pg_notify('outbox', ''))
		SELECT id FROM added LEFT JOIN told ON true`, r.ids, r.names, r.data, r.events, r.only)
	if err != nil {
		return err
	}
	added, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	published := map[string]bool{}
	for i, id := range r.ids {
		run := r.runNames[i]
		if published[run] = published[run] || slices.Contains(added, id); published[run] {
			continue
		}
		r.refused = append(r.refused, fault.New(fault.Conflict, "The run %s is being repeated already: see router events ls.", run))
	}
	for _, yes := range published {
		if yes {
			r.runs++
		}
	}
	return nil
}
