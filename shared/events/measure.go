package events

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

const (
	exactUpTo   = 10_000 // events of a state; more are estimated
	samplePages = 1000   // of the table, from which is estimated
)

// countSome counts the events of each state, up to $1 of each and one more. Each goes
// along the index of its state: where many were deleted, the table is mostly empty.
const countSome = `
	SELECT (SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'held' ORDER BY next_at LIMIT $1) AS few),
		(SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'waiting' ORDER BY name, next_at, id LIMIT $1) AS few),
		(SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'sent' ORDER BY name, sent_at LIMIT $1) AS few),
		(SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'begun' ORDER BY next_at LIMIT $1) AS few),
		(SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'dead' ORDER BY seq LIMIT $1) AS few),
		pg_relation_size('outbox') / current_setting('block_size')::bigint`

const estimate = `SELECT state, count(*) FROM outbox TABLESAMPLE SYSTEM ($1) GROUP BY state`

// Depth returns how many events there are in each state: up to 10,000 exactly, above it
// an estimate. What it costs does not depend on how many there are.
func Depth(ctx context.Context, d *db.DB) (map[State]float64, error) {
	var held, waiting, sent, begun, dead, pages float64
	err := d.QueryRow(ctx, countSome, exactUpTo+1).Scan(&held, &waiting, &sent, &begun, &dead, &pages)
	if err != nil {
		return nil, fmt.Errorf("count the outbox: %w", err)
	}
	depth := map[State]float64{Held: held, Waiting: waiting, Sent: sent, Begun: begun, Dead: dead}
	if max(held, waiting, sent, begun, dead) <= exactUpTo {
		return depth, nil
	}
	percent := min(100, 100*samplePages/max(1, pages))
	rows, err := d.Query(ctx, estimate, percent)
	if err != nil {
		return nil, fmt.Errorf("count the outbox: %w", err)
	}
	var state State
	var n float64
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		if depth[state] > exactUpTo {
			depth[state] = max(depth[state], math.Round(n*100/percent))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count the outbox: %w", err)
	}
	return depth, nil
}

// oldestOf returns for how many seconds the oldest events that are due have not begun, by
// name: of up to [gaugeNames] names, the oldest. What waits behind another one of its key is
// not due; a held one whose time has come is.
func oldestOf(ctx context.Context, d *db.DB) (map[string]float64, error) {
	rows, err := d.Query(ctx, `SELECT name, extract(epoch FROM now() - min(since))::float8 FROM (
			`+firstOf(Waiting, "next_at < 'infinity'", "next_at, id")+` UNION ALL
			`+firstOf(Sent, "true", "sent_at")+` UNION ALL
			(SELECT name, next_at FROM outbox WHERE state = 'held' AND next_at <= now() ORDER BY next_at LIMIT 1000)
		) AS due (name, since) GROUP BY name ORDER BY min(since) LIMIT $1`, gaugeNames)
	if err != nil {
		return nil, fmt.Errorf("look for the oldest events: %w", err)
	}
	ages := map[string]float64{}
	var name string
	var age float64
	if _, err := pgx.ForEachRow(rows, []any{&name, &age}, func() error {
		ages[name] = age
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look for the oldest events: %w", err)
	}
	return ages, nil
}

// firstOf returns the query for when the oldest events in a state were published, by name.
// It steps from name to name along the state's index, and looks at 1000 names and at 100
// events of each, however many there are.
func firstOf(state State, due, order string) string {
	return fmt.Sprintf(`SELECT * FROM (
		WITH RECURSIVE names (name, nr) AS (
			(SELECT name, 1 FROM outbox WHERE state = '%[1]s' ORDER BY name LIMIT 1)
			UNION ALL
			SELECT next.name, nr + 1 FROM names, LATERAL (
				SELECT name FROM outbox AS o WHERE state = '%[1]s' AND o.name > names.name ORDER BY name LIMIT 1) AS next
			WHERE nr < 1000
		)
		SELECT name, created_at FROM names, LATERAL (
			SELECT created_at FROM outbox AS o WHERE state = '%[1]s' AND o.name = names.name AND %[2]s ORDER BY %[3]s LIMIT 100
		) AS first
	) AS %[1]s`, state, due, order)
}
