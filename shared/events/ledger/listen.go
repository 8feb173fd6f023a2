package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

// Listener is a function that begins a run for each event of a name.
type Listener struct {
	Event    string
	Function string // as Inngest knows it
}

// Listen replaces the listeners as a part of tx. Those of the functions that Inngest refuses are not
// registered with the others: their events wait for a release that mends them, as for [Await].
func Listen(ctx context.Context, tx pgx.Tx, all []Listener, refused ...string) error {
	events, functions := listed(all)
	_, err := tx.Exec(ctx, `WITH listed AS (
			SELECT *, CASE WHEN function = ANY($3::text[]) THEN 'infinity' ELSE now() END AS since
			FROM unnest($1::text[], $2::text[]) AS n (event, function)
		), gone AS (DELETE FROM listener AS l WHERE NOT EXISTS (SELECT FROM listed AS n WHERE n.event = l.event AND n.function = l.function))
		INSERT INTO listener AS l (event, function, since) SELECT event, function, since FROM listed
		ON CONFLICT (event, function) DO UPDATE SET since = excluded.since WHERE isfinite(l.since) <> isfinite(excluded.since)`,
		events, functions, refused)
	if err != nil {
		return fmt.Errorf("replace the listeners: %w", err)
	}
	return nil
}

// Await adds those of the listeners whose events nobody listens to yet: they are about to be
// registered, and until they are their events wait for them, however long that takes. [Listen]
// replaces them.
func Await(ctx context.Context, d *db.DB, all []Listener) error {
	events, functions := listed(all)
	_, err := d.Exec(ctx, `INSERT INTO listener (event, function, since)
		SELECT event, function, 'infinity' FROM unnest($1::text[], $2::text[]) AS n (event, function)
		WHERE NOT EXISTS (SELECT FROM listener AS l WHERE l.event = n.event) ON CONFLICT DO NOTHING`, events, functions)
	if err != nil {
		return fmt.Errorf("have events wait for jobs that are not registered: %w", err)
	}
	return nil
}

// listed returns the listeners column by column.
func listed(all []Listener) (events, functions []string) {
	events, functions = make([]string, len(all)), make([]string, len(all))
	for i, l := range all {
		events[i], functions[i] = l.Event, l.Function
	}
	return events, functions
}
