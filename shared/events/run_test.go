package events_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// run runs the relay until the test ends or stop is called, which waits for it.
func run(t *testing.T, b *events.Bus) (stop func()) {
	t.Helper()
	return runLogged(t, b, slog.New(slog.DiscardHandler))
}

func runLogged(t *testing.T, b *events.Bus, log *slog.Logger) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := b.Relay(ctx, log); err != nil {
			t.Errorf("Relay: %v, want nil", err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// eventually waits until query yields true.
func eventually(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	await.That(t, query, func() (ok bool) {
		if err := d.QueryRow(t.Context(), query, args...).Scan(&ok); err != nil {
			t.Fatal(err)
		}
		return ok
	})
}

func TestServerDownThenUp(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	port, err := stack.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	b := open(t, d, "http://"+address)
	run(t, b)
	publish(t, d, b, note{"patient"})
	eventually(t, d, `SELECT bool_and(attempts > 0 AND last_error LIKE '%refused%') FROM outbox`)
	var last string
	if err := d.QueryRow(t.Context(), `SELECT last_error FROM outbox`).Scan(&last); err != nil || strings.Contains(last, key) {
		t.Errorf("the error that is kept is %q (%v), want one without the key", last, err)
	}

	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{changed: make(chan struct{})}
	h := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { _ = h.Close() })
	go func() { _ = h.Serve(l) }()
	s.want(t, "patient")
	eventually(t, d, `SELECT count(*) = 0 FROM outbox WHERE state = 'waiting'`)
}

func TestServerInTrouble(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusInternalServerError} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			d, s := dbtest.New(t), serve(t)
			b := open(t, d, s.URL)
			var requests atomic.Int32
			s.answer(func(_ *http.Request, es []sent) int {
				if requests.Add(1) == 1 && len(es) != 2 {
					t.Errorf("%d events in a request, want the batch kept together", len(es))
				}
				return status
			})
			publish(t, d, b, note{"one"}, note{"two"})
			stop := run(t, b)
			eventually(t, d, `SELECT bool_and(attempts > 0 AND last_error LIKE $1) FROM outbox`, fmt.Sprintf("%%answered %d%%", status))
			var shown bool
			if err := d.QueryRow(t.Context(), `SELECT bool_or(last_error LIKE '%' || $1 || '%') FROM outbox`, key).Scan(&shown); err != nil || shown {
				t.Errorf("the key is kept with the error (%v)", err)
			}
			stop()

			s.answer(nil)
			if _, err := d.Exec(t.Context(), `UPDATE outbox SET next_at = now()`); err != nil {
				t.Fatal(err)
			}
			run(t, b)
			s.want(t, "one", "two")
		})
	}
}

func TestHangingServer(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	arrived := make(chan struct{}, 10)
	s.answer(func(r *http.Request, _ []sent) int {
		arrived <- struct{}{}
		<-r.Context().Done()
		return http.StatusInternalServerError
	})
	stop := run(t, b)
	publish(t, d, b, note{"one"})
	<-arrived
	publish(t, d, b, note{"two"}) // while the relay hangs
	stop()
	if n := waiting(t, d); n != 2 {
		t.Errorf("%d events are in the outbox, want both", n)
	}
	s.answer(nil)
	run(t, b)
	s.until(t, 2)
}

func TestOneBadEventHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	s.answer(func(_ *http.Request, es []sent) int {
		for _, e := range es {
			if e.text() == "bad" {
				return http.StatusBadRequest
			}
		}
		return http.StatusOK
	})
	publish(t, d, b, note{"one"}, note{"bad"}, note{"two"})
	run(t, b)
	s.want(t, "one", "two")
	eventually(t, d, `SELECT count(*) = 1 AND bool_and(data->>'text' = 'bad' AND last_error LIKE '%answered 400%') FROM outbox WHERE state = 'dead'`)
}

func TestManyRelaysSendEachEventOnce(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	const transactions, each = 40, 30
	var relays []*events.Bus
	for range 3 {
		b := openImpatient(t, d, s.URL, time.Hour)
		relays = append(relays, b)
		run(t, b)
	}
	for i := range transactions {
		var es []events.Event
		for j := range each {
			es = append(es, note{fmt.Sprint(i, j)})
		}
		publish(t, d, relays[0], es...)
	}
	eventually(t, d, `SELECT count(*) = 0 FROM outbox WHERE state = 'waiting'`)
	ids, texts := map[any]int{}, map[any]int{}
	for _, e := range s.until(t, transactions*each) {
		ids[e.ID]++
		texts[e.text()]++
		if ids[e.ID] > 1 {
			t.Errorf("the event %s was sent %d times", e.text(), ids[e.ID])
		}
	}
	if len(texts) != transactions*each {
		t.Errorf("%d different events arrived, want %d", len(texts), transactions*each)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	s.answer(func(r *http.Request, es []sent) int {
		if r.ContentLength > 2<<20 || len(es) > 500 {
			t.Errorf("a request of %d bytes and %d events", r.ContentLength, len(es))
		}
		return http.StatusOK
	})
	for range 6 {
		publish(t, d, b, note{strings.Repeat("x", 500<<10)})
	}
	var es []events.Event
	for range 1200 {
		es = append(es, note{"small"})
	}
	publish(t, d, b, es...)
	run(t, b)
	s.until(t, 1206)
}

func TestListensAgainAfterItsConnectionBroke(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	run(t, b)
	const listener = `FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN outbox' AND state = 'idle'`
	eventually(t, d, `SELECT count(*) = 1 `+listener)
	var pid int
	if err := d.QueryRow(t.Context(), `SELECT pid `+listener).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, pid); err != nil {
		t.Fatal(err)
	}
	eventually(t, d, `SELECT count(*) = 1 `+listener+` AND pid <> $1`, pid)
	publish(t, d, open(t, d, s.URL), note{"heard"}) // by another process
	s.want(t, "heard")
}

func TestSurvivesALostDatabaseConnection(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	killed := make(chan struct{})
	s.answer(func(r *http.Request, _ []sent) int {
		select {
		case <-killed:
		default: // in the middle of the first batch: Inngest has it, the row stays
			_, err := d.Exec(context.WithoutCancel(r.Context()), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			if err != nil {
				t.Error(err)
			}
			close(killed)
		}
		return http.StatusOK
	})
	publish(t, d, b, note{"twice"})
	run(t, b)
	got := s.until(t, 2)
	if got[0].ID != got[1].ID {
		t.Errorf("sent under the ids %s and %s, want the same, by which Inngest drops the second", got[0].ID, got[1].ID)
	}
	eventually(t, d, `SELECT count(*) = 0 FROM outbox WHERE state = 'waiting'`)
}

func TestLogsTroubleWithoutTheKey(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	var log lines
	var requests atomic.Int32
	s.answer(func(*http.Request, []sent) int {
		if requests.Add(1) <= 3 {
			return http.StatusBadGateway
		}
		return http.StatusOK
	})
	publish(t, d, b, note{"one"})
	stop := runLogged(t, b, slog.New(slog.NewTextHandler(&log, nil)))
	for range 2 { // further failures
		eventually(t, d, `SELECT coalesce(bool_and(last_error IS NOT NULL), true) FROM outbox`)
		if _, err := d.Exec(t.Context(), `UPDATE outbox SET last_error = NULL, next_at = now()`); err != nil {
			t.Fatal(err)
		}
	}
	s.want(t, "one")
	stop()
	if got := log.String(); strings.Count(got, "cannot be sent") == 0 || !strings.Contains(got, "answered 502") || strings.Contains(got, key) {
		t.Errorf("the log says:\n%s", got)
	}
}

// lines is a log that several goroutines may write.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// What is large goes out in several requests, none of which is much over a batch.
func TestLargeEvents(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	s.answer(func(r *http.Request, _ []sent) int {
		if r.ContentLength > 2<<20 {
			t.Errorf("a request of %d bytes", r.ContentLength)
		}
		return http.StatusOK
	})
	// Text of one letter takes far less in the database than on its way.
	var es []events.Event
	for range 20 {
		es = append(es, note{strings.Repeat("x", events.MaxSize/2)})
	}
	publish(t, d, b, es...)
	flush(t, b)
	if n := len(s.until(t, 20)); n != 20 || waiting(t, d) != 0 {
		t.Errorf("%d were sent, %d wait; want 20 and none", n, waiting(t, d))
	}
}
