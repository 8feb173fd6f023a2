package events_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
)

// listen makes the functions the listeners of notes.
func listen(t *testing.T, d *db.DB, functions ...string) {
	t.Helper()
	var all []ledger.Listener
	for _, f := range functions {
		all = append(all, ledger.Listener{Event: note{}.EventName(), Function: f})
	}
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return ledger.Listen(t.Context(), tx, all) }); err != nil {
		t.Fatal(err)
	}
}

// begin begins a run of function for the event, and returns it.
func begin(t *testing.T, d *db.DB, function string, event uuid.UUID, within time.Duration) ledger.Run {
	t.Helper()
	run := ledger.Run{Function: function, ID: uuid.NewString(), Events: []uuid.UUID{event}}
	own, err := ledger.New(d).Begin(t.Context(), run, ledger.Claim{Within: within})
	if err != nil || len(own.Events) != 1 {
		t.Fatalf("begin: %v, %v", own, err)
	}
	return run
}

func end(t *testing.T, d *db.DB, run ledger.Run) {
	t.Helper()
	if err := ledger.New(d).End(t.Context(), run, ledger.Done); err != nil {
		t.Fatal(err)
	}
}

// lookNow makes the relay look at every event that is not parked.
func lookNow(t *testing.T, d *db.DB, b *events.Bus) {
	t.Helper()
	if _, err := d.Exec(t.Context(), `UPDATE outbox SET next_at = now() WHERE next_at < 'infinity'`); err != nil {
		t.Fatal(err)
	}
	flush(t, b)
}

func flush(t *testing.T, b *events.Bus) {
	t.Helper()
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// An event is done when every listener's run has ended, and sent again under its id
// while one has not begun or has fallen silent.
func TestDone(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a", "app-b")
	publish(t, d, b, note{"one"})
	flush(t, b)
	id := s.until(t, 1)[0].ID

	a := begin(t, d, "app-a", id, time.Hour)
	end(t, d, a)
	lookNow(t, d, b) // b has not begun
	if got := s.until(t, 2); got[1].ID != id {
		t.Errorf("sent again as %s, want %s", got[1].ID, id)
	}
	_ = begin(t, d, "app-b", id, -time.Second)
	lookNow(t, d, b) // b is overdue
	s.until(t, 3)
	second := begin(t, d, "app-b", id, time.Hour)
	lookNow(t, d, b) // b goes on
	if n := len(s.until(t, 3)); n != 3 {
		t.Errorf("sent %d times, want it left alone while its runs go on", n)
	}
	end(t, d, second)
	lookNow(t, d, b)
	if n := rows(t, d); n != 0 {
		t.Errorf("%d events are in the outbox, want none", n)
	}
}

// rows returns how many events are in the outbox.
func rows(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	publish(t, d, b, note{"one"})
	flush(t, b)
	if n := rows(t, d); n != 1 {
		t.Fatalf("%d events are in the outbox, want one: its listener may be rolled out just now", n)
	}
	if _, err := d.Exec(t.Context(), `UPDATE outbox SET sent_at = now() - interval '11 minutes'`); err != nil {
		t.Fatal(err)
	}
	lookNow(t, d, b)
	if n := rows(t, d); n != 0 {
		t.Errorf("%d events are in the outbox, want none", n)
	}
}

// The last listener of an event in flight is gone with a release. It is waited for, and
// nothing else waits meanwhile.
func TestNobodyListensAnyMore(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	listen(t, d, "app-a")
	publish(t, d, b, move{"x", 1})
	flush(t, b)
	s.until(t, 1)
	listen(t, d)
	if _, err := d.Exec(t.Context(), `UPDATE outbox SET next_at = now()`); err != nil {
		t.Fatal(err)
	}
	publish(t, d, b, move{"y", 1})
	run(t, b) // a flush would not come back
	if got := moves(t, s, 2); got[1] != "y1" {
		t.Errorf("%v were sent, want y1 at last", got)
	}
}

// An event is given up after a day, for who was registered, and for who is not if others have
// handled it.
func TestNoRunBegins(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	name := note{}.EventName()
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		return ledger.Listen(t.Context(), tx, []ledger.Listener{{Event: name, Function: "app-a"}, {Event: name, Function: "app-b"}}, "app-b")
	}); err != nil {
		t.Fatal(err)
	}
	publish(t, d, b, note{"one"}, note{"two"})
	flush(t, b)
	end(t, d, begin(t, d, "app-a", s.until(t, 2)[0].ID, time.Hour))
	execute(t, d, `UPDATE outbox SET sent_at = now() - interval '25 hours'`)
	execute(t, d, `UPDATE listener SET since = since - interval '26 hours'`)
	lookNow(t, d, b)
	yes(t, d, `SELECT array_agg(CASE state WHEN 'dead' THEN last_error ELSE 'waits' END ORDER BY id) = $1 FROM outbox`,
		[]string{"no run of app-b has begun within a day", "no run of app-a has begun within a day"})
}

// The run of an event goes on for days, and a release adds a job that listens to it.
func TestListensLater(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")
	publish(t, d, b, note{"one"})
	flush(t, b)
	id := s.until(t, 1)[0].ID
	begin(t, d, "app-a", id, 100*time.Hour)
	execute(t, d, `UPDATE outbox SET sent_at = now() - interval '25 hours'`)
	listen(t, d, "app-a", "app-b")
	lookNow(t, d, b)
	yes(t, d, `SELECT state <> 'dead' AND sent_at > now() - interval '1 hour' FROM outbox`)
	if got := s.until(t, 2); got[1].ID != id {
		t.Errorf("sent again as %s, want %s", got[1].ID, id)
	}
}

// An event is kept for a job that is not registered yet, of a name that nobody else listens to,
// however long that takes.
func TestAJobIsAwaited(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	for _, function := range []string{"app-a", "app-b"} {
		if err := ledger.Await(t.Context(), d, []ledger.Listener{{Event: note{}.EventName(), Function: function}}); err != nil {
			t.Fatal(err)
		}
	}
	yes(t, d, `SELECT count(*) = 1 FROM listener`)
	publish(t, d, b, note{"one"})
	flush(t, b)
	execute(t, d, `UPDATE outbox SET sent_at = now() - interval '25 hours'`)
	execute(t, d, `UPDATE listener SET since = since - interval '26 hours'`)
	lookNow(t, d, b)
	yes(t, d, `SELECT state = 'sent' FROM outbox`)
	s.until(t, 2)
}

// What Inngest has taken and lost reaches it again by itself.
func TestResendByItself(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Millisecond)
	listen(t, d, "app-a")
	run(t, b)
	publish(t, d, b, note{"one"})
	got := s.until(t, 2)
	if got[0].ID != got[1].ID {
		t.Errorf("sent as %s and %s, want one id", got[0].ID, got[1].ID)
	}
}
