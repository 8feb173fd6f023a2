package events_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// The states of a row, as put writes them.
const (
	isDue  = `'waiting', 3, now() - interval '1 s'`
	putOff = `'waiting', 3, now() + interval '1 hour'`
	parked = `'waiting', 0, 'infinity'::timestamptz`
	isSent = `'sent', 0, now() + interval '1 hour'`
	isHeld = `'held', 0, now() + interval '1 hour'`
	isDead = `'dead', 3, 'infinity'::timestamptz`
)

// put adds a row to the outbox; key is "" for none.
func put(t *testing.T, d *db.DB, key, state string) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	_, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, key, data, last_error, sends, state, attempts, next_at)
		SELECT $1, 'test/note', nullif($2, ''), '{}', 'why', 2, `+state, id, key)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// look returns the states of rows and when they are due: "waiting due".
func look(t *testing.T, d *db.DB, ids ...uuid.UUID) []string {
	t.Helper()
	all := make([]string, len(ids))
	for i, id := range ids {
		err := d.QueryRow(t.Context(), `SELECT coalesce((SELECT state || ' ' || CASE WHEN next_at = 'infinity' THEN 'never' WHEN next_at <= now() THEN 'due' ELSE 'later' END
			FROM outbox WHERE id = $1), 'gone')`, id).Scan(&all[i])
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestRetryAndDrop(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key     string
		states  []string // of the rows there are
		named   int      // the one that is retried, or dropped
		retried []string // what they are then
		dropped []string
	}{
		"dead": {
			states: []string{isDead}, retried: []string{"waiting due"}, dropped: []string{"gone"},
		},
		"put off": {
			states: []string{putOff}, retried: []string{"waiting due"}, dropped: []string{"gone"},
		},
		"sent": {
			states: []string{isSent}, retried: []string{"sent due"}, dropped: []string{"gone"},
		},
		"dead, of a key with none other": {
			key: "k", states: []string{isDead}, retried: []string{"waiting due"}, dropped: []string{"gone"},
		},
		"dead, of a key that others hold": {
			key: "k", states: []string{isDead, isSent, parked},
			retried: []string{"waiting never", "sent later", "waiting never"},
			dropped: []string{"gone", "sent later", "waiting never"},
		},
		"dead, beside another dead one": {
			key: "k", states: []string{isDead, isDead},
			retried: []string{"waiting due", "dead never"}, dropped: []string{"gone", "dead never"},
		},
		"under way, before others of its key": {
			key: "k", states: []string{isSent, parked, parked},
			retried: []string{"sent due", "waiting never", "waiting never"},
			dropped: []string{"gone", "waiting due", "waiting never"},
		},
		"behind another one of its key": {
			key: "k", states: []string{isDue, parked, parked}, named: 1,
			retried: []string{"waiting due", "waiting never", "waiting never"},
			dropped: []string{"waiting due", "gone", "waiting never"},
		},
		"held, of a key that others hold": {
			key: "k", states: []string{isHeld, isSent},
			retried: []string{"held due", "sent later"}, dropped: []string{"gone", "sent later"},
		},
		"dead, beside one that is held": {
			key: "k", states: []string{isHeld, isDead}, named: 1,
			retried: []string{"held later", "waiting due"}, dropped: []string{"held later", "gone"},
		},
		"under way, between a held one and another": {
			key: "k", states: []string{isHeld, isSent, parked}, named: 1,
			retried: []string{"held later", "sent due", "waiting never"},
			dropped: []string{"held later", "gone", "waiting due"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for verb, want := range map[string][]string{"retry": tt.retried, "drop": tt.dropped} {
				d := dbtest.New(t)
				var ids []uuid.UUID
				for _, s := range tt.states {
					ids = append(ids, put(t, d, tt.key, s))
				}
				other := put(t, d, "other", parked) // has nothing to do with them
				do := events.Retry
				if verb == "drop" {
					do = events.Drop
				}
				err := do(t.Context(), d, ids[tt.named])
				if diff := cmp.Diff(append(want, "waiting never"), look(t, d, append(ids, other)...)); diff != "" || err != nil {
					t.Errorf("%s: %v (-want +got)\n%s", verb, err, diff)
				}
			}
		})
	}
}

// A dead event begins anew, behind those of its key that have come meanwhile.
func TestRetryBeginsAfresh(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	id, next := put(t, d, "k", isDead), put(t, d, "k", isSent)
	if err := events.Retry(t.Context(), d, id); err != nil {
		t.Fatal(err)
	}
	got, err := events.Find(t.Context(), d, id)
	if err != nil {
		t.Fatal(err)
	}
	behind, err := events.Find(t.Context(), d, next)
	if err != nil || got.Seq <= behind.Seq || got.Sends != 0 || got.Attempts != 0 || got.LastError != "" || got.NextAt != nil {
		t.Errorf("%v: got %+v, want it fresh and after %+v", err, got, behind)
	}
	if err := events.Drop(t.Context(), d, next); err != nil {
		t.Fatal(err)
	}
	if got := look(t, d, id)[0]; got != "waiting due" {
		t.Errorf("after the one before it has been dropped it is %s", got)
	}
}

// One that is gone does not keep the others from what is asked for them.
func TestOfSeveralOneIsGone(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for name, do := range map[string]func(context.Context, *db.DB, ...uuid.UUID) error{"retry": events.Retry, "drop": events.Drop} {
		gone, there := uuid.New(), put(t, d, "", isDead)
		err := do(t.Context(), d, gone, there)
		if !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), gone.String()) {
			t.Errorf("%s: %v", name, err)
		}
		if got := look(t, d, there)[0]; got == "dead never" {
			t.Errorf("%s: the other one is still %s", name, got)
		}
	}
}

func TestRelaysAreWoken(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	heard := hear(t, d)
	for name, do := range map[string]func(id uuid.UUID) error{
		"retry":      func(id uuid.UUID) error { return events.Retry(t.Context(), d, id) },
		"retry dead": func(uuid.UUID) error { _, err := events.RetryDead(t.Context(), d, ""); return err },
		"drop":       func(id uuid.UUID) error { return events.Drop(t.Context(), d, id) },
	} {
		if err := do(put(t, d, "", isDead)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		heard()
	}
}

// More than one batch of them, and of one key in the order in which they came.
func TestRetryDead(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	const many = 2500
	_, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, key, data, state, next_at)
		SELECT gen_random_uuid(), CASE WHEN i % 5 = 0 THEN 'test/other' ELSE 'test/note' END,
			CASE WHEN i % 50 = 1 THEN 'k' || i % 100 END, '{}', 'dead', 'infinity' FROM generate_series(1, $1) AS i ORDER BY i`, many)
	if err != nil {
		t.Fatal(err)
	}
	var before, after []uuid.UUID
	order := `SELECT array_agg(id ORDER BY seq) FROM outbox WHERE key = 'k1'`
	if err := d.QueryRow(t.Context(), order).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if n, err := events.RetryDead(t.Context(), d, "test/note"); n != many*4/5 || err != nil {
		t.Errorf("by name: %d, %v, want %d", n, err, many*4/5)
	}
	if n, err := events.RetryDead(t.Context(), d, ""); n != many/5 || err != nil {
		t.Errorf("the rest: %d, %v, want %d", n, err, many/5)
	}
	if err := d.QueryRow(t.Context(), order).Scan(&after); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the order within a key (-before +after)\n%s", diff)
	}
	var due, waits int
	err = d.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE next_at <= now()), count(*) FILTER (WHERE next_at = 'infinity')
		FROM outbox WHERE state = 'waiting'`).Scan(&due, &waits)
	if keyed := many / 50; err != nil || due != many-keyed+2 || waits != keyed-2 {
		t.Errorf("%d are due and %d wait behind another, %v; want the first of each of two keys to be due", due, waits, err)
	}
}

// What retries, drops and publishes at once leaves exactly one of a key under way.
func TestOneOfAKeyIsUnderWay(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var ids []uuid.UUID
	for _, s := range []string{isSent, parked, parked, parked, isDead, isDead, isDead} {
		ids = append(ids, put(t, d, "k", s))
	}
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			do := events.Retry
			if i < 3 {
				do = events.Drop
			}
			if err := do(t.Context(), d, id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var active, waits int
	err := d.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE next_at <= now()), count(*) FILTER (WHERE next_at = 'infinity')
		FROM outbox WHERE state <> 'dead'`).Scan(&active, &waits)
	if err != nil || active != 1 || waits != 3 {
		t.Errorf("%d are under way and %d wait, %v; want 1 and 3", active, waits, err)
	}
}
