package events_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// remember adds n runs that ended so long ago.
func remember(t *testing.T, d *db.DB, n int, ago string) {
	t.Helper()
	_, err := d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, due_at, outcome)
		SELECT gen_random_uuid(), 'app-f', 'run ' || $2 || n, now() - $2::interval, 'done' FROM generate_series(1, $1) AS n`, n, ago)
	if err == nil {
		_, err = d.Exec(t.Context(), `INSERT INTO run_step (run_id, id, nr) SELECT run_id, 'a', 0 FROM event_run ON CONFLICT DO NOTHING`)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// left returns how many runs there are, and how many of them have steps.
func left(t *testing.T, d *db.DB) (runs, steps int) {
	t.Helper()
	err := d.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM event_run), (SELECT count(*) FROM run_step)`).Scan(&runs, &steps)
	if err != nil {
		t.Fatal(err)
	}
	return runs, steps
}

// More than one batch, by two at once, and nothing that is young or of an event in
// the outbox.
func TestPrune(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	remember(t, d, 2500, "49 hours")
	remember(t, d, 10, "47 hours")
	id := put(t, d, "", isDead)
	if _, err := d.Exec(t.Context(), `UPDATE event_run SET event_id = $1
		WHERE event_id = (SELECT event_id FROM event_run ORDER BY due_at LIMIT 1)`, id); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := events.Prune(b, t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var old, young int
	err := d.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE event_id = $1), count(*) FILTER (WHERE event_id <> $1) FROM event_run`, id).Scan(&old, &young)
	if err != nil || old != 1 || young != 10 {
		t.Errorf("left are %d of the dead event and %d others, %v; want 1 and 10", old, young, err)
	}
	if _, steps := left(t, d); steps > 11 {
		t.Errorf("%d steps are left", steps)
	}
}

// What is remembered for longer than it must be is bounded by age and number, and what must
// be remembered has its steps only if it is among the newest.
func TestPruneByAgeAndNumber(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		keepFor     time.Duration
		keep        int
		runs, steps int // that are left of 10 each that ended 1 h, 60 h and 100 h ago
	}{
		"for four days":             {96 * time.Hour, 1000, 20, 20},
		"for a week, 15 at most":    {7 * 24 * time.Hour, 15, 20, 20},
		"for a week, 5 at most":     {7 * 24 * time.Hour, 5, 10, 10},
		"for two days":              {48 * time.Hour, 1000, 10, 10},
		"for a week, as many as is": {7 * 24 * time.Hour, 30, 30, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			for _, ago := range []string{"1 hour", "60 hours", "100 hours"} {
				remember(t, d, 10, ago)
			}
			b, err := events.Open(t.Context(), config.Events{KeepFor: tt.keepFor, Keep: tt.keep}, d)
			if err == nil {
				err = events.Prune(b, t.Context())
			}
			if runs, steps := left(t, d); err != nil || runs != tt.runs || steps != tt.steps {
				t.Errorf("left are %d runs and %d steps (%v), want %d and %d", runs, steps, err, tt.runs, tt.steps)
			}
		})
	}
}

// A run that is young but not among the newest loses its steps, once.
func TestPruneTrims(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b, err := events.Open(t.Context(), config.Events{Keep: 5}, d)
	if err != nil {
		t.Fatal(err)
	}
	for i, ago := range []string{"3 hours", "2 hours", "1 hour"} {
		remember(t, d, 5, ago)
		if err := events.Prune(b, t.Context()); err != nil {
			t.Fatal(err)
		}
		// The last that is kept, and what ended together with it, are kept.
		if runs, steps := left(t, d); runs != 5*(i+1) || steps > 10 {
			t.Errorf("round %d: left are %d runs, and %d steps", i, runs, steps)
		}
	}
}

// A run that goes on is remembered, until nobody expects anything of it.
func TestPruneEndsWhatIsLost(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	id := put(t, d, "", isDead)
	_, err := d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, due_at) VALUES
		(gen_random_uuid(), 'app-f', 'late', now() - interval '40 hours'),
		(gen_random_uuid(), 'app-f', 'lost', now() - interval '49 hours'),
		($1, 'app-f', 'sent', now() - interval '49 hours')`, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := events.Prune(b, t.Context()); err != nil {
		t.Fatal(err)
	}
	var got string
	err = d.QueryRow(t.Context(), `SELECT string_agg(run_id || ' ' || coalesce(outcome, ''), ', ' ORDER BY run_id) FROM event_run`).Scan(&got)
	if want := "late , lost failed, sent "; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// What it costs does not depend on how much is remembered or waits.
func TestPruneUsesIndexes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	remember(t, d, 50_000, "1 hour")
	_, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, data) SELECT gen_random_uuid(), 'test/note', '{}' FROM generate_series(1, 50000)`)
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range []int{0, 20_000} {
		remember(t, d, old, "49 hours")
		if _, err := d.Exec(t.Context(), `ANALYZE`); err != nil {
			t.Fatal(err)
		}
		for name, statement := range events.PruneStatements {
			args := []any{1000, time.Now().Add(-48 * time.Hour), time.Now()}
			rows, err := d.Query(t.Context(), `EXPLAIN `+statement, args[:strings.Count(statement, "$3")+2]...)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			plan := strings.Join(lines, "\n")
			if err != nil || strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s, %d old ones: %v\n%s", name, old, err, plan)
			}
		}
	}
}
