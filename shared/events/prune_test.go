package events_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// remember adds n runs that ended so long ago.
func remember(t *testing.T, d *db.DB, n int, ago string) {
	t.Helper()
	_, err := d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, due_at, outcome)
		SELECT gen_random_uuid(), 'app-f', 'run', now() - $2::interval, 'done' FROM generate_series(1, $1)`, n, ago)
	if err != nil {
		t.Fatal(err)
	}
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
		rows, err := d.Query(t.Context(), `EXPLAIN `+events.Forget, 1000)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if plan := strings.Join(lines, "\n"); err != nil || strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "event_run_due_at") {
			t.Errorf("%d old ones: %v\n%s", old, err, plan)
		}
	}
}
