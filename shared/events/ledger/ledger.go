// Package ledger remembers which run of which function handles which event. The
// durable host writes it, and the relay of package events reads it: an event is
// done when its runs are, not when Inngest has answered 200.
//
// A run holds its events until it has ended, or until it is overdue: not heard of
// for longer than it said. Another run of the same function for the same event is
// refused meanwhile, and after a good end, even when Inngest has forgotten the
// event's id and begins one.
package ledger

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

// Ledger is the tables event_run and listener.
type Ledger struct {
	db    *db.DB
	keyed atomic.Int64 // how many runs with an event of a key have ended here
}

// New returns the ledger in d.
func New(d *db.DB) *Ledger { return &Ledger{db: d} }

// Run is one run of one function.
type Run struct {
	Function string // as Inngest knows it, with the app's id: "orders-jobs-mail"
	ID       string // Inngest's id of the run
	Events   []uuid.UUID
}

// Outcome is how a run has ended.
type Outcome string

// The ways in which a run ends.
const (
	Done      Outcome = "done"
	Failed    Outcome = "failed"    // given up; another run may try
	Cancelled Outcome = "cancelled" // stopped by an event or by a timeout
)

// Claim is how a run asks for its events.
type Claim struct {
	// Within is how soon the run will be heard of again.
	Within time.Duration
	// Rerun takes events that another run holds or has finished, too.
	Rerun bool
	// Parallel says that other calls of the same run may be going on: how late it may
	// be heard of is then never made sooner, and if one has ended it, that stays.
	Parallel bool
}

const begin = `
	INSERT INTO event_run AS held (event_id, function, run_id, due_at)
	SELECT id, $2, $3, now() + $4::interval FROM unnest($1::uuid[]) AS e (id)
	WHERE NOT EXISTS (SELECT FROM event_run AS other WHERE other.event_id = e.id AND other.run_id = $3 AND other.function <> $2)
	ORDER BY id
	ON CONFLICT (event_id, function) DO UPDATE
		SET run_id = excluded.run_id,
			outcome = CASE WHEN $6 AND held.run_id = excluded.run_id THEN held.outcome END,
			due_at = CASE WHEN $6 AND held.run_id = excluded.run_id AND held.outcome IS NULL
				THEN greatest(held.due_at, excluded.due_at) ELSE excluded.due_at END,
			begun_at = CASE held.run_id WHEN excluded.run_id THEN held.begun_at ELSE excluded.begun_at END
		WHERE held.run_id = excluded.run_id OR held.outcome = 'failed'
			OR (held.outcome IS NULL AND held.due_at < now()) OR $5
	RETURNING event_id`

// Begin says that run is being called, and returns those of its events that are
// its own to handle. It is to be asked at each call: a run that was overdue may
// have lost its events to another. A run of one function is none of another one.
func (l *Ledger) Begin(ctx context.Context, run Run, c Claim) ([]uuid.UUID, error) {
	rows, err := l.db.Query(ctx, begin, run.Events, run.Function, run.ID, c.Within, c.Rerun, c.Parallel)
	if err != nil {
		return nil, fmt.Errorf("claim the events of run %s: %w", run.ID, err)
	}
	own, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("claim the events of run %s: %w", run.ID, err)
	}
	return own, nil
}

// Held returns for how long other runs of the function may still hold events of run,
// as far as is known, or 0 if none of them goes on.
func (l *Ledger) Held(ctx context.Context, run Run) (time.Duration, error) {
	var d time.Duration
	err := l.db.QueryRow(ctx, `SELECT coalesce(greatest(max(due_at) - now(), interval '0'), interval '0') FROM event_run
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

// Continue says that run goes on and will be heard of again within d.
func (l *Ledger) Continue(ctx context.Context, run Run, d time.Duration) error {
	_, err := l.db.Exec(ctx, `UPDATE event_run SET due_at = now() + $4::interval
		WHERE event_id = ANY($1) AND function = $2 AND run_id = $3 AND outcome IS NULL`,
		run.Events, run.Function, run.ID, d)
	if err != nil {
		return fmt.Errorf("note that run %s goes on: %w", run.ID, err)
	}
	return nil
}

// Extend is [Ledger.Continue] beside other calls of run, of which one may have said
// that it will be heard of later.
func (l *Ledger) Extend(ctx context.Context, run Run, d time.Duration) error {
	_, err := l.db.Exec(ctx, `UPDATE event_run SET due_at = greatest(due_at, now() + $4::interval)
		WHERE event_id = ANY($1) AND function = $2 AND run_id = $3 AND outcome IS NULL`,
		run.Events, run.Function, run.ID, d)
	if err != nil {
		return fmt.Errorf("note that run %s goes on: %w", run.ID, err)
	}
	return nil
}

// end also has the relay look at the events that others of their key wait for. It
// waits for a relay that has them in its hands: that may have sent them, and not
// written so yet. They come before what was published later, so that a queue is not
// held up anew at each step by a backlog.
const end = `
	WITH ended AS (
		UPDATE event_run SET outcome = $4, due_at = now()
		WHERE event_id = ANY($1) AND function = $2 AND run_id = $3 AND outcome IS NULL
		RETURNING event_id
	), keyed AS (
		SELECT id FROM outbox WHERE id IN (SELECT event_id FROM ended)
			AND key IS NOT NULL AND state <> 'dead' AND next_at < 'infinity'
		ORDER BY id FOR UPDATE
	), poked AS (
		UPDATE outbox SET next_at = least(created_at, now()) WHERE id IN (SELECT id FROM keyed) RETURNING id
	)
	SELECT pg_notify('outbox', '') FROM poked LIMIT 1`

// End says that run has ended.
func (l *Ledger) End(ctx context.Context, run Run, how Outcome) error {
	tag, err := l.db.Exec(ctx, end, run.Events, run.Function, run.ID, how)
	if err != nil {
		return fmt.Errorf("note the end of run %s: %w", run.ID, err)
	}
	l.keyed.Add(tag.RowsAffected())
	return nil
}

// Keyed returns how many runs have ended through this ledger for which events of their
// key may have waited.
func (l *Ledger) Keyed() int64 { return l.keyed.Load() }

// Listener is a function that begins a run for each event of a name.
type Listener struct {
	Event    string
	Function string // as Inngest knows it
}

// Listen replaces the listeners as a part of tx.
func Listen(ctx context.Context, tx pgx.Tx, all []Listener) error {
	events, functions := make([]string, len(all)), make([]string, len(all))
	for i, l := range all {
		events[i], functions[i] = l.Event, l.Function
	}
	_, err := tx.Exec(ctx, `WITH now AS (SELECT * FROM unnest($1::text[], $2::text[]) AS n (event, function)),
		gone AS (DELETE FROM listener AS l WHERE NOT EXISTS (SELECT FROM now AS n WHERE n.event = l.event AND n.function = l.function))
		INSERT INTO listener (event, function) SELECT event, function FROM now ON CONFLICT DO NOTHING`, events, functions)
	if err != nil {
		return fmt.Errorf("replace the listeners: %w", err)
	}
	return nil
}
