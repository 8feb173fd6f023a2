package events_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// arrivals notes when held events arrive at Inngest.
type arrivals struct {
	t     *testing.T
	mu    sync.Mutex
	times map[uuid.UUID]int
	worst time.Duration // how late one was
}

// take notes the events, whose texts are their times.
func (a *arrivals) take(es []sent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range es {
		a.times[e.ID]++
		due, err := time.Parse(time.RFC3339Nano, e.text())
		late := time.Since(due)
		if err != nil || late < 0 || e.TS != due.UnixMilli() {
			a.t.Errorf("an event of %s arrived %s after that, as one of %d: %v", e.text(), late, e.TS, err)
		}
		a.worst = max(a.worst, late)
	}
}

// Where nothing works in the background, a sweep sends what is due.
func TestSweepOfHeld(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	listen(t, d, "app-a")
	publish(t, d, b, events.At(time.Now().Add(time.Hour), note{"later"}), note{"now"})
	flush(t, b)
	s.want(t, "now")
	come(t, d)
	flush(t, b)
	s.want(t, "now", "later")
}

// Held events are sent at their times, each once, by two relays that are restarted all the
// while.
func TestHeldOverRestarts(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	listen(t, d, "app-a")
	job, got := &shop{t: t, db: d}, &arrivals{t: t, times: map[uuid.UUID]int{}}
	s.answer(func(_ *http.Request, es []sent) int {
		got.take(es)
		job.take(es)
		return http.StatusOK
	})
	const n, restarts = 400, 3
	b := openImpatient(t, d, s.URL, time.Hour)
	first := time.Now().Add(time.Second)
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		all := make([]events.Event, n)
		for i := range all {
			due := first.Add(time.Duration(i) * 10 * time.Millisecond).Truncate(time.Millisecond)
			all[i] = events.At(due, note{due.Format(time.RFC3339Nano)})
		}
		return b.Publish(t.Context(), tx, all...)
	})
	if err != nil {
		t.Fatal(err)
	}
	one, other := run(t, b), run(t, openImpatient(t, d, s.URL, time.Hour))
	for range restarts {
		time.Sleep(time.Second)
		one()
		one, other = other, run(t, openImpatient(t, d, s.URL, time.Hour))
	}
	eventually(t, d, `SELECT count(*) = 0 FROM outbox WHERE state IN ('held', 'waiting')`)
	job.wait()
	got.mu.Lock()
	defer got.mu.Unlock()
	for id, times := range got.times {
		if times != 1 {
			t.Errorf("the event %s was sent %d times", id, times)
		}
	}
	if len(got.times) != n {
		t.Errorf("%d events were sent, want %d", len(got.times), n)
	}
	t.Logf("the latest arrived %s after its time", got.worst)
}
