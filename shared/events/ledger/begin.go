package ledger

import (
	"context"
	"fmt"
	"time"
)

// begin also forgets the steps of runs that have lost the last of their events.
const begin = `
	WITH lost AS (
		SELECT DISTINCT run_id FROM event_run WHERE event_id = ANY($1) AND function = $2 AND run_id <> $3
	), own AS (
		INSERT INTO event_run AS held (event_id, function, run_id, due_at, name, data, release)
		SELECT id, $2, $3, now() + $4::interval, coalesce(name, ''), data::json, $10
		FROM unnest($1::uuid[], $8::text[], $9::text[]) AS e (id, name, data)
		WHERE NOT EXISTS (SELECT FROM event_run AS other WHERE other.event_id = e.id AND other.run_id = $3 AND other.function <> $2)
		ORDER BY id
		ON CONFLICT (event_id, function) DO UPDATE
			SET run_id = excluded.run_id,
				outcome = CASE WHEN $6 AND held.run_id = excluded.run_id THEN held.outcome END,
				due_at = CASE WHEN $6 AND held.run_id = excluded.run_id AND held.outcome IS NULL
					THEN greatest(held.due_at, excluded.due_at) ELSE excluded.due_at END,
				begun_at = CASE held.run_id WHEN excluded.run_id THEN held.begun_at ELSE excluded.begun_at END,
				name = coalesce(nullif(excluded.name, ''), held.name),
				data = coalesce(excluded.data, held.data),
				error = CASE held.run_id WHEN excluded.run_id THEN held.error END,
				release = CASE held.run_id WHEN excluded.run_id THEN held.release ELSE excluded.release END
			WHERE CASE held.run_id WHEN excluded.run_id THEN held.outcome IS DISTINCT FROM 'cancelled'
				ELSE held.outcome = 'failed' OR (held.outcome = 'cancelled' AND $7)
					OR (held.outcome IS NULL AND held.due_at < now()) OR $5 END
		RETURNING event_id
	), forgotten AS (
		DELETE FROM run_step WHERE run_id IN (SELECT run_id FROM lost) AND EXISTS (SELECT FROM own)
			AND NOT EXISTS (SELECT FROM event_run AS r WHERE r.run_id = run_step.run_id AND r.event_id <> ALL($1))
	)
	SELECT array(SELECT event_id FROM own),
		(SELECT coalesce(json_object_agg(id, result IS NOT NULL), '{}') FROM run_step WHERE run_id = $3)`

// Begin says that run is being called, and returns what it has. It is to be asked at each
// call, unless the run is known to be not overdue: one that was may have lost its events to
// another. A run of one function is none of another one, and one that was cancelled has
// nothing any more.
func (l *Ledger) Begin(ctx context.Context, run Run, c Claim) (Held, error) {
	names, data := make([]string, len(c.Events)), make([]*string, len(c.Events))
	for i, e := range c.Events {
		names[i], data[i] = clean(e.Name), value(e.Data)
	}
	var held Held
	err := withoutUnfit(data, func() error {
		return l.db.QueryRow(ctx, begin, run.Events, run.Function, run.ID, c.Within, c.Rerun, c.Parallel, c.Repeat,
			names, data, l.Release).Scan(&held.Events, &held.Steps)
	})
	if err != nil {
		return Held{}, fmt.Errorf("claim the events of run %s: %w", run.ID, err)
	}
	return held, nil
}

// Held returns for how long other runs of the function may still hold events of run,
// as far as is known, or 0 if none of them goes on. One that is overdue goes on: between a
// [Ledger.Begin] that it was in the way of and this, its time may have come.
func (l *Ledger) Held(ctx context.Context, run Run) (time.Duration, error) {
	var d time.Duration
	err := l.db.QueryRow(ctx, `SELECT coalesce(max(greatest(due_at - now(), interval '1 millisecond')), interval '0') FROM event_run
		WHERE event_id = ANY($1) AND function = $2 AND run_id <> $3 AND outcome IS NULL`,
		run.Events, run.Function, run.ID).Scan(&d)
	if err != nil {
		return 0, fmt.Errorf("ask who holds the events of run %s: %w", run.ID, err)
	}
	return d, nil
}

// Has reports whether run has begun, with one of its events at least, as a run of its
// function.
func (l *Ledger) Has(ctx context.Context, run Run) (bool, error) {
	var has bool
	err := l.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM event_run
		WHERE event_id = ANY($1) AND function = $2 AND run_id = $3)`, run.Events, run.Function, run.ID).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for run %s: %w", run.ID, err)
	}
	return has, nil
}
