package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
)

// step is an event with a key.
type step struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

func (step) EventName() string  { return "test/note" }
func (s step) EventKey() string { return s.Key }

// listen has the function test-f listen to the events.
func listen(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		return ledger.Listen(t.Context(), tx, []ledger.Listener{{Event: "test/note", Function: "test-f"}})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// worker runs test-f for what a server accepts, as Inngest and the host do.
type worker struct {
	t *testing.T
	l *ledger.Ledger

	mu      sync.Mutex
	runs    int
	open    map[string]string   // what is being handled, by key
	effects map[string][]string // in order, by key
}

func newWorker(t *testing.T, d *db.DB) *worker {
	t.Helper()
	return &worker{t: t, l: ledger.New(d), open: map[string]string{}, effects: map[string][]string{}}
}

// handle runs test-f for e. No two of a key may be handled at once.
func (w *worker) handle(ctx context.Context, key string, e sent) {
	w.mu.Lock()
	w.runs++
	run := ledger.Run{Function: "test-f", ID: fmt.Sprint(w.runs), Events: []uuid.UUID{e.ID}}
	w.mu.Unlock()
	var own []uuid.UUID
	again(func() (err error) { // as Inngest calls again when the host fails
		own, err = w.l.Begin(ctx, run, ledger.Claim{Within: time.Minute})
		return err
	})
	if len(own) == 0 {
		return
	}
	w.mu.Lock()
	if other := w.open[key]; other != "" && key != "" {
		w.t.Errorf("%s is handled while %s is", e.text(), other)
	}
	w.open[key] = e.text()
	w.effects[key] = append(w.effects[key], e.text())
	w.mu.Unlock()
	time.Sleep(time.Millisecond) // handling takes time
	w.mu.Lock()
	w.open[key] = ""
	w.mu.Unlock()
	again(func() error { return w.l.End(ctx, run, ledger.Done) })
}

// again calls do until it works.
func again(do func() error) {
	for range 100 {
		if do() == nil {
			return
		}
	}
}

func keyOf(e sent) string {
	var s step
	_ = json.Unmarshal(e.Data, &s)
	return s.Key
}

// Publishers that commit at random, relays that lose their connections, and a server
// that answers before, while and after its runs end, and loses some events.
func TestOrderPerKey(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	listen(t, d)
	exec(t, d, `CREATE TABLE published (n serial, key text, text text)`)
	// A pool that nobody breaks, to watch with.
	watch, err := db.Open(t.Context(), config.Database{URL: config.Secret(d.Config().ConnString())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = watch.Close() })
	w := newWorker(t, d)
	var mu sync.Mutex
	seen := 0
	var handling sync.WaitGroup
	t.Cleanup(handling.Wait)
	s.answer(func(_ *http.Request, es []sent) int {
		for _, e := range es {
			mu.Lock()
			seen++
			how := seen % 7
			mu.Unlock()
			switch {
			case how == 0: // lost
			case how < 3:
				w.handle(context.WithoutCancel(t.Context()), keyOf(e), e)
			default:
				handling.Go(func() { w.handle(context.WithoutCancel(t.Context()), keyOf(e), e) })
			}
		}
		return http.StatusOK
	})
	var relays []*events.Bus
	for range 3 {
		b := openWith(t, d, s.URL, config.Events{Key: key, ResendAfter: 100 * time.Millisecond})
		relays = append(relays, b)
		run(t, b)
	}
	var publishers sync.WaitGroup
	for p := range 8 {
		publishers.Go(func() {
			for i := range 25 {
				k, text := fmt.Sprint((p+i)%5), fmt.Sprint(p, "-", i)
				// An error is that of a broken connection: published or not, the table knows.
				_ = d.InTx(t.Context(), func(tx pgx.Tx) error {
					if err := relays[0].Publish(t.Context(), tx, step{k, text}); err != nil {
						return err
					}
					// The lock of the key makes this the order of publishing.
					_, err := tx.Exec(t.Context(), `INSERT INTO published (key, text) VALUES ($1, $2)`, k, text)
					return err
				})
			}
		})
	}
	for range 5 {
		time.Sleep(50 * time.Millisecond) // amid the others
		exec(t, watch, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%outbox%' AND random() < 0.3`)
	}
	publishers.Wait()
	eventually(t, watch, `SELECT count(*) = 0 FROM outbox`)
	handling.Wait()
	rows, err := watch.Query(t.Context(), `SELECT key, array_agg(text ORDER BY n) FROM published GROUP BY key`)
	if err != nil {
		t.Fatal(err)
	}
	var k string
	var want []string
	_, err = pgx.ForEachRow(rows, []any{&k, &want}, func() error {
		if diff := cmp.Diff(want, w.effects[k]); diff != "" {
			t.Errorf("key %s, published (-) and handled (+):\n%s", k, diff)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What is given up or dropped lets the next one go, and what is retried goes last.
func TestOrderAfterTheDeadAndTheDropped(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	listen(t, d)
	bad := http.StatusBadRequest
	s.answer(func(_ *http.Request, es []sent) int {
		if slices.ContainsFunc(es, func(e sent) bool { return e.text() == "bad" }) {
			return bad
		}
		return http.StatusOK
	})
	publish(t, d, b, step{"k", "bad"}, step{"k", "one"}, step{"k", "two"}, note{"free"})
	run(t, b)
	s.until(t, 2)
	eventually(t, d, `SELECT count(*) = 1 FROM outbox WHERE state = 'sent' AND data->>'text' = 'one'`)
	eventually(t, d, `SELECT count(*) = 1 FROM outbox WHERE state = 'waiting' AND data->>'text' = 'two' AND next_at = 'infinity'`)

	admin := events.Admin{DB: d}
	bad = http.StatusOK
	if n, err := admin.RetryDead(t.Context(), "test/note"); err != nil || n != 1 {
		t.Fatalf("%d retried, %v; want the dead one", n, err)
	}
	for _, text := range []string{"one", "two"} {
		var id uuid.UUID
		if err := d.QueryRow(t.Context(), `SELECT id FROM outbox WHERE data->>'text' = $1`, text).Scan(&id); err != nil {
			t.Fatal(err)
		}
		eventually(t, d, `SELECT state = 'sent' FROM outbox WHERE id = $1`, id)
		if err := admin.Drop(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	got := s.until(t, 4)
	var texts []string
	for _, e := range got {
		if e.text() != "free" {
			texts = append(texts, e.text())
		}
	}
	if diff := cmp.Diff([]string{"one", "two", "bad"}, texts); diff != "" {
		t.Error(diff)
	}
}

// What a crash left parked is found.
func TestMissedRelease(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	publish(t, d, b, step{"k", "one"}, step{"k", "two"}, step{"l", "three"})
	exec(t, d, `UPDATE outbox SET next_at = 'infinity'`)
	if err := b.Flush(t.Context()); err != nil || waiting(t, d) != 3 {
		t.Fatalf("Flush: %v, and %d events left, want all", err, waiting(t, d))
	}
	if err := b.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(t.Context()); err != nil || waiting(t, d) != 0 {
		t.Errorf("Flush: %v, and %d events left, want none", err, waiting(t, d))
	}
}

// A row is not parked behind a head that somebody is ending, who has not seen it.
func TestHeadThatIsBeingEnded(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	publish(t, d, b, step{"k", "head"})
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `DELETE FROM outbox`); err != nil {
			return err
		}
		publish(t, d, b, step{"k", "next"})
		return b.Flush(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, d, `SELECT next_at < 'infinity' FROM outbox`)
	run(t, b)
	s.want(t, "next")
}
