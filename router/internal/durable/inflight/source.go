package inflight

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"switchyard/router/internal/durable"
	"switchyard/shared/db"
)

const (
	// maxRuns bounds how many runs a check looks at; one of each shape at least, and no
	// more shapes than that.
	maxRuns = 1000
	batch   = 20 // how many runs are in memory at once: each may be of 4 MiB
)

// Source has the runs that go on.
type Source interface {
	// Shapes returns what there is.
	Shapes(ctx context.Context) ([]Shape, error)
	// Load returns runs, by their ids; those that have ended since are missing.
	Load(ctx context.Context, ids []string) ([]durable.Recorded, error)
}

// Shape is runs of one function that have passed the same steps in the same order.
type Shape struct {
	Function string   `json:"function"`
	Runs     int      `json:"runs"`
	Examples []string `json:"examples"` // some of their ids
}

// Database is the runs in a database that has been migrated.
type Database struct {
	DB     *db.DB
	Except string   // not those that this release carries on; "" for all
	Of     []string // of these functions, as Inngest knows them; nil for all
}

// A batch of events is one run with a row for each.
const shapes = `
	WITH open AS (
		SELECT run_id, function, min(begun_at) AS begun_at FROM event_run
		WHERE outcome IS NULL AND (release = '' OR release <> $1)
			AND ($3::text[] IS NULL OR function = ANY($3)) GROUP BY run_id, function
	), passed AS (
		SELECT run_id, string_agg(CASE WHEN result IS NULL THEN '?' || id ELSE id END, ' ' ORDER BY nr, id) AS steps
		FROM run_step WHERE run_id IN (SELECT run_id FROM open) GROUP BY run_id
	)
	SELECT function, count(*), (array_agg(run_id ORDER BY begun_at))[1:$2]
	FROM open LEFT JOIN passed USING (run_id) GROUP BY function, steps
	ORDER BY 2 DESC, 1, 3 LIMIT $2`

// Shapes implements [Source].
func (d Database) Shapes(ctx context.Context) ([]Shape, error) {
	rows, err := d.DB.Query(ctx, shapes, d.Except, maxRuns, d.Of)
	if err != nil {
		return nil, fmt.Errorf("look at the runs in flight: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Shape])
	if err != nil {
		return nil, fmt.Errorf("look at the runs in flight: %w", err)
	}
	for i := range all {
		all[i].Examples = all[i].Examples[:min(len(all[i].Examples), max(1, maxRuns/len(all)))]
	}
	return all, nil
}

// A result of null is one, and no result is none.
const load = `
	SELECT r.run_id, r.function,
		json_agg(CASE WHEN o.data IS NULL AND r.data IS NULL
			THEN json_build_object('id', r.event_id, 'name', coalesce(nullif(r.name, ''), o.name, ''))
			ELSE json_build_object('id', r.event_id, 'name', coalesce(nullif(r.name, ''), o.name, ''), 'data', coalesce(o.data::json, r.data))
			END ORDER BY o.seq, r.event_id),
		(SELECT json_agg(CASE WHEN s.result IS NULL THEN json_build_object('id', s.id, 'name', s.name)
			ELSE json_build_object('id', s.id, 'name', s.name, 'result', s.result) END ORDER BY s.nr, s.id)
			FROM run_step AS s WHERE s.run_id = r.run_id)
	FROM event_run AS r LEFT JOIN outbox AS o ON o.id = r.event_id
	WHERE r.run_id = ANY($1) AND r.outcome IS NULL GROUP BY r.run_id, r.function`

// Load implements [Source].
func (d Database) Load(ctx context.Context, ids []string) ([]durable.Recorded, error) {
	rows, err := d.DB.Query(ctx, load, ids)
	if err != nil {
		return nil, fmt.Errorf("read the runs in flight: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r durable.Recorded, err error) {
		var events, steps []byte
		if err = row.Scan(&r.ID, &r.Function, &events, &steps); err != nil {
			return r, err
		}
		if err = json.Unmarshal(events, &r.Events); err == nil && steps != nil {
			err = json.Unmarshal(steps, &r.Steps)
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the runs in flight: %w", err)
	}
	return all, nil
}
