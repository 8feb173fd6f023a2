package events_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// hold fills the outbox with n held events, of which every second has one of 20 keys; the
// time of the first is n milliseconds before now, of the second n-1, and so on.
func hold(t *testing.T, d *db.DB, n int) {
	t.Helper()
	_, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, key, data, state, next_at)
		SELECT gen_random_uuid(), 'test/note', CASE WHEN nr % 2 = 0 THEN 'key ' || nr % 40 END, '{}', 'held', now() - interval '1 ms' * ($1 - nr)
		FROM generate_series(1, $1) AS nr ORDER BY random()`, n)
	if err != nil {
		t.Fatal(err)
	}
}

// releaseAll releases what is due and returns how many events it was.
func releaseAll(t *testing.T, b *events.Bus) (all int) {
	t.Helper()
	for {
		n, err := events.ReleaseHeld(b, t.Context())
		if err != nil {
			t.Error(err)
		}
		if all += n; n == 0 {
			return all
		}
	}
}

// yes checks that a condition, in SQL, holds.
func yes(t *testing.T, d *db.DB, condition string, args ...any) {
	t.Helper()
	var ok bool
	if err := d.QueryRow(t.Context(), condition, args...).Scan(&ok); err != nil || !ok {
		t.Errorf("%s: %t, %v", condition, ok, err)
	}
}

const (
	// inOrder says whether the queue of each key is in the order of the times.
	inOrder = `SELECT NOT EXISTS (SELECT FROM outbox AS a JOIN outbox AS b USING (key) WHERE a.seq < b.seq AND a.created_at > b.created_at)`
	// oneFirst says whether the first of each queue is due, and no other.
	oneFirst = `SELECT bool_and((next_at < 'infinity') = (nr = 1)) FROM
		(SELECT next_at, row_number() OVER (PARTITION BY key ORDER BY seq) AS nr FROM outbox WHERE key IS NOT NULL) AS o`
	allWait = `SELECT count(*) = $1 FROM outbox WHERE state = 'waiting' AND created_at < now() AND (next_at = created_at OR next_at = 'infinity')`
)

// Two at once release each event once, of each key in the order of the times.
func TestReleaseHeld(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	const n = 10_000
	hold(t, d, n)
	counts := make([]int, 2)
	var wg sync.WaitGroup
	for i := range counts {
		wg.Go(func() { counts[i] = releaseAll(t, b) })
	}
	wg.Wait()
	if rest := releaseAll(t, b); counts[0]+counts[1]+rest != n { // one may have given way to the other
		t.Errorf("%v and %d were released, want %d together", counts, rest, n)
	}
	yes(t, d, allWait, n)
	yes(t, d, inOrder)
	yes(t, d, oneFirst)
	if n, err := events.ReleaseHeld(b, t.Context()); n != 0 || err != nil {
		t.Errorf("when none is held: %d, %v", n, err)
	}
}

// Before its time it is not touched.
func TestReleaseHeldNotYet(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	publish(t, d, b, events.At(time.Now().Add(time.Hour), note{"later"}), events.At(time.Now().Add(2*time.Hour), note{"much later"}))
	if n, err := events.ReleaseHeld(b, t.Context()); n != 0 || err != nil {
		t.Errorf("got %d, %v, want none", n, err)
	}
	yes(t, d, `SELECT count(*) = 2 FROM outbox WHERE state = 'held'`)
}

// A held event comes after what was published before its time, and its queue's lock is
// respected.
func TestReleaseHeldIntoAQueue(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	publish(t, d, b, events.At(time.Now().Add(time.Hour), move{"x", 2}), move{"x", 1})
	come(t, d)
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		if err := b.Publish(t.Context(), tx, move{"x", 3}, note{"another"}); err != nil {
			return err
		}
		n, err := events.ReleaseHeld(b, t.Context())
		if n != 0 {
			t.Errorf("while another has the key: %d were released", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	releaseAll(t, b)
	var got []string
	rows, _ := d.Query(t.Context(), `SELECT data->>'nr' || CASE WHEN next_at = 'infinity' THEN ' parked' ELSE ' due' END FROM outbox WHERE key = 'x' ORDER BY seq`)
	if got, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 due", "3 parked", "2 parked"}, got); diff != "" {
		t.Error(diff)
	}
}

// Of one time, and one key, events take effect in the order in which they were published,
// however many they are.
func TestReleaseHeldOfOneTime(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	const n = 1100
	all, later := make([]events.Event, n), time.Now().Add(time.Hour)
	for i := range all {
		all[i] = events.At(later, move{"x", i})
	}
	publish(t, d, b, all...)
	come(t, d)
	if got := releaseAll(t, b); got != n {
		t.Errorf("%d were released, want %d", got, n)
	}
	yes(t, d, `SELECT bool_and((data->>'nr')::int = nr) FROM (SELECT data, row_number() OVER (ORDER BY seq) - 1 AS nr FROM outbox) AS o`)
	yes(t, d, oneFirst)
}

// come makes the time of all that is held have come.
func come(t *testing.T, d *db.DB) {
	t.Helper()
	if _, err := d.Exec(t.Context(), `UPDATE outbox SET next_at = now() WHERE state = 'held'`); err != nil {
		t.Fatal(err)
	}
}

// What is being cancelled waits for how that ends, and holds up nothing else; if it is
// rolled back, the event is released. Another that dies in between changes nothing.
func TestReleaseHeldWhileCancelled(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	later := time.Now().Add(time.Hour)
	publish(t, d, b, events.At(later, move{"x", 1}), events.At(later, move{"y", 1}), events.At(later, note{}))
	come(t, d)
	gone := errors.New("gone")
	for _, want := range []int{2, 0} {
		err := d.InTx(t.Context(), func(tx pgx.Tx) error {
			if n, err := b.Cancel(t.Context(), tx, move{Game: "x"}); n != 1 || err != nil {
				return fmt.Errorf("cancelled %d: %w", n, err)
			}
			if got := releaseAll(t, b); got != want {
				t.Errorf("%d were released, want %d", got, want)
			}
			return gone
		})
		if !errors.Is(err, gone) {
			t.Fatal(err)
		}
	}
	if got := releaseAll(t, b); got != 1 {
		t.Errorf("%d were released after the rollback, want 1", got)
	}
	yes(t, d, `SELECT count(*) = 3 FROM outbox WHERE state = 'waiting' AND next_at < 'infinity'`)
}
