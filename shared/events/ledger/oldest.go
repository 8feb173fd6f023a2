package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// oldest steps from function to function by the index of the runs that go on: how many do
// does not matter.
const oldest = `
	WITH RECURSIVE first (function, begun_at) AS (
		(SELECT function, begun_at FROM event_run WHERE outcome IS NULL ORDER BY function, begun_at LIMIT 1)
		UNION ALL
		SELECT next.* FROM first, LATERAL (
			SELECT function, begun_at FROM event_run AS r WHERE outcome IS NULL AND r.function > first.function
			ORDER BY function, begun_at LIMIT 1) AS next
	)
	SELECT function, greatest(now() - begun_at, '0') FROM (SELECT * FROM first LIMIT 1000) AS few
	ORDER BY begun_at LIMIT $1`

// Oldest returns the ages of the oldest runs that have not ended, by function as Inngest
// knows it: of up to so many functions, those whose runs are oldest.
func (l *Ledger) Oldest(ctx context.Context, functions int) (map[string]time.Duration, error) {
	rows, err := l.db.Query(ctx, oldest, functions)
	if err != nil {
		return nil, fmt.Errorf("look for the oldest runs: %w", err)
	}
	ages := map[string]time.Duration{}
	var function string
	var age time.Duration
	if _, err := pgx.ForEachRow(rows, []any{&function, &age}, func() error {
		ages[function] = age
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look for the oldest runs: %w", err)
	}
	return ages, nil
}

// Ended reports whether run is known to have ended.
func (l *Ledger) Ended(ctx context.Context, run Run) (bool, error) {
	var ended bool
	err := l.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM event_run
		WHERE event_id = ANY($1) AND function = $2 AND run_id = $3 AND outcome IS NOT NULL)`, run.Events, run.Function, run.ID).Scan(&ended)
	if err != nil {
		return false, fmt.Errorf("ask whether run %s has ended: %w", run.ID, err)
	}
	return ended, nil
}
