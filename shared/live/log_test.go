package live_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/live"
)

// What was committed long ago goes; what was written long ago and committed just now does not.
func TestSweep(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	open, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, open, "user:a", "late")
	publish(t, d, "user:a", "gone")
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for q, row := range map[db.Querier]string{open: `"late"`, d: `"gone"`} {
		_, err := q.Exec(t.Context(), `UPDATE live_message SET created_at = created_at - interval '11 min'
			WHERE data::text = $1`, row)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Exec(t.Context(), `UPDATE live_message SET created_at = created_at - interval '11 min' WHERE name = 'mark'`); err != nil {
		t.Fatal(err)
	}
	if err := open.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, d, "user:a", "new")
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left string
	err = d.QueryRow(t.Context(), `SELECT string_agg(data::text, ' ' ORDER BY id) FROM live_message WHERE topic <> ''`).Scan(&left)
	if want := `"late" "new"`; err != nil || left != want {
		t.Errorf("left are %s, %v, want %s", left, err, want)
	}
}

// What comes at once is bounded; of more, clients are told to load all anew, and go on from there.
func TestTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	c := r.open(t, "", "user:a")
	_, err := d.Exec(t.Context(), `INSERT INTO live_message (topic, name, data)
		SELECT 'user:b', 'much', to_json(repeat('x', 1 << 20)) FROM generate_series(1, 65)`)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, d, "user:b", "wakes")
	if name, _, err := c.next(); name != "again" || err != nil {
		t.Fatalf("%q, %v, want again", name, err)
	}
	publish(t, d, "user:a", "goes on")
	c.wait(t, 1)
}

// Reading costs what is new alone, also while a transaction is open that began before all of the
// log: its rows are found by the indexes.
func TestOldTransactionCostsNothing(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	old, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Rollback(context.WithoutCancel(t.Context())) }()
	publish(t, old, "user:a", "not committed")
	_, err = d.Exec(t.Context(), `INSERT INTO live_message (topic, name, data)
		SELECT 'user:' || n, 'seen', '1' FROM generate_series(1, 20000) AS n`)
	if err != nil {
		t.Fatal(err)
	}
	var position string
	if err := d.QueryRow(t.Context(), `SELECT pg_current_snapshot()::text`).Scan(&position); err != nil {
		t.Fatal(err)
	}
	publish(t, d, "user:a", "new")
	for sql, args := range map[string][]any{live.ReadNew: {position}, live.ReadBetween: {position, position, []string{"user:a"}, 0, 1000}} {
		rows, err := d.Query(t.Context(), "EXPLAIN "+sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if text := strings.Join(plan, "\n"); err != nil || strings.Contains(text, "Seq Scan") {
			t.Errorf("%v\n%s", err, text)
		}
	}
}
