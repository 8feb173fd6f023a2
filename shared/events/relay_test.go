package events_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
)

// least is the smallest window.
const least = 16

func notes(n int) []events.Event {
	all := make([]events.Event, n)
	for i := range all {
		all[i] = note{fmt.Sprint(i)}
	}
	return all
}

// listenTo makes one function the listener of events of all these names.
func listenTo(t *testing.T, d *db.DB, names ...string) {
	t.Helper()
	var all []ledger.Listener
	for _, name := range names {
		all = append(all, ledger.Listener{Event: name, Function: "app-a"})
	}
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return ledger.Listen(t.Context(), tx, all) }); err != nil {
		t.Fatal(err)
	}
}

// Of what waits, so much is sent as has begun before, and the order is kept.
func TestWindowHoldsBack(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")
	publish(t, d, b, notes(100)...)
	for range 3 {
		flush(t, b)
	}
	first := s.until(t, least)
	if len(first) != least {
		t.Fatalf("%d events are sent, of which none has begun; want %d", len(first), least)
	}
	for _, e := range first[:10] {
		begin(t, d, "app-a", e.ID, time.Hour)
	}
	flush(t, b) // finds what has begun, and sends as many; the window is twice as large at most
	if n := len(s.until(t, least+10)); n > 2*least+10 {
		t.Errorf("%d are sent after 10 have begun, want %d at most", n, 2*least+10)
	}
	for i, e := range s.until(t, least+10) {
		if e.text() != fmt.Sprint(i) {
			t.Errorf("the event %s is sent in place %d", e.text(), i)
		}
	}
	e, err := events.EngineOf(t.Context(), d)
	if err != nil || e.State != events.Working || e.Windows["test/note"].InFlight > 2*least {
		t.Errorf("what the relays know: %+v, %v", e, err)
	}
}

// What fills the window of one name holds up no other, nor what nobody listens to.
func TestNamesAreFair(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listenTo(t, d, "test/note", "test/rare")
	publish(t, d, b, append(notes(1000), named{"test/rare"}, named{"test/unheard"})...)
	flush(t, b)
	counts := map[string]int{}
	for _, e := range s.until(t, least+2) {
		counts[e.Name]++
	}
	if counts["test/note"] != least || counts["test/rare"] != 1 || counts["test/unheard"] != 1 {
		t.Errorf("sent: %v", counts)
	}
}

// What Inngest had taken before it went away is sent again when it is back, within the
// window, and so is what had failed, at once.
func TestEngineComesBack(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")
	publish(t, d, b, note{"before"})
	flush(t, b)
	s.answer(func(*http.Request, []sent) int { return http.StatusServiceUnavailable })
	publish(t, d, b, note{"meanwhile"})
	for range 3 {
		if err := b.Sweep(t.Context()); err == nil {
			t.Error("nobody hears that events are not sent")
		}
		execute(t, d, `UPDATE outbox SET next_at = now() WHERE state = 'waiting'`)
	}
	if e, err := events.EngineOf(t.Context(), d); err != nil || e.State != events.Away || !strings.Contains(e.Reason, "503") {
		t.Errorf("what the relays know: %+v, %v", e, err)
	}
	s.answer(nil)
	flush(t, b)
	flush(t, b)
	s.want(t, "before", "meanwhile", "before")
	if e, err := events.EngineOf(t.Context(), d); err != nil || e.State != events.Working {
		t.Errorf("what the relays know: %+v, %v", e, err)
	}
}

// A full window does not keep the relay from finding out that Inngest is back: what fills
// it may be lost.
func TestEngineComesBackToAFullWindow(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")
	publish(t, d, b, notes(least)...)
	flush(t, b)
	publish(t, d, b, note{"meanwhile"})
	execute(t, d, `UPDATE relay SET state = state || '{"state": "away"}'`)
	flush(t, b)
	flush(t, b)
	s.until(t, 2*least) // the one, and of the others as many as have room beside it
	if e, err := events.EngineOf(t.Context(), d); err != nil || e.State != events.Working {
		t.Errorf("what the relays know: %+v, %v", e, err)
	}
}

// An event that Inngest fails at does not hold up those that are sent with it for long.
func TestOnePoisonedEvent(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	s.answer(func(_ *http.Request, es []sent) int {
		for _, e := range es {
			if e.text() == "0" {
				return http.StatusInternalServerError
			}
		}
		return http.StatusOK
	})
	b := open(t, d, s.URL)
	publish(t, d, b, notes(100)...)
	run(t, b)
	s.until(t, 99)
	yes(t, d, `SELECT count(*) = 1 FROM outbox WHERE state = 'waiting' AND data->>'text' = '0' AND attempts > 0`)
}

// stick makes it be long ago that anything began.
const stick = `UPDATE relay SET state = jsonb_set(state, '{quiet}', to_jsonb(now() - interval '1 hour'))`

// age makes it be long ago that the canaries were sent.
const age = `UPDATE relay SET state = jsonb_set(state, '{canaries}',
	(SELECT jsonb_agg(c || jsonb_build_object('at', now() - interval '1 minute')) FROM jsonb_array_elements(state -> 'canaries') AS c))`

// An Inngest that takes events and begins none is found out by a canary, and said to be
// stuck once, whichever relay works. Then it gets canaries only, until one has begun.
func TestStuckIsFoundOut(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listenTo(t, d, "test/note", events.Canary)
	publish(t, d, b, note{"one"})
	flush(t, b)
	flush(t, b) // sees it in flight
	execute(t, d, stick)
	flush(t, b)
	canary := s.until(t, 2)[1]
	if canary.Name != events.Canary {
		t.Fatalf("%s is sent in place of a canary", canary.Name)
	}
	execute(t, d, age)
	log := &lines{}
	for range 2 { // relays, one after the other
		runLogged(t, openImpatient(t, d, s.URL, time.Hour), slog.New(slog.NewTextHandler(log, nil)))
	}
	s.until(t, 4) // further canaries
	publish(t, d, b, note{"two"})
	var latest sent
	for _, e := range s.until(t, 5)[1:] {
		if latest = e; e.Name != events.Canary {
			t.Errorf("%s is sent to an Inngest that is stuck", e.text())
		}
	}
	if n := strings.Count(log.String(), "Inngest is stuck"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, log)
	}
	if e, err := events.EngineOf(t.Context(), d); err != nil || e.State != events.Stuck || e.Reason == "" {
		t.Errorf("what the relays know: %+v, %v", e, err)
	}
	end(t, d, begin(t, d, "app-watch", latest.ID, time.Minute))
	eventually(t, d, `SELECT count(*) = 2 FROM outbox WHERE state = 'sent'`)
	notes := 0
	for _, e := range s.until(t, 6) {
		if e.Name != events.Canary {
			notes++
		}
	}
	if notes != 3 || strings.Count(log.String(), "begins runs again") != 1 {
		t.Errorf("%d events were sent, want one of them again:\n%s", notes, log)
	}
}

// Events that wait behind a run of their key that goes on are no reason for doubt.
func TestParkedIsNoDoubt(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listenTo(t, d, "test/note", events.Canary)
	publish(t, d, b, move{"x", 1}, move{"x", 2})
	flush(t, b)
	begin(t, d, "app-a", s.until(t, 1)[0].ID, time.Hour)
	for range 2 {
		flush(t, b)
	}
	yes(t, d, `SELECT NOT state ? 'quiet' FROM relay`)
}

// Names that nobody listens to share their room evenly, however much waits of one.
func TestUnheardNamesAreFair(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	flush := b.Track()
	all := notes(200)
	for i := range 9 {
		all = append(all, named{fmt.Sprintf("unheard/%d", i)})
	}
	publish(t, d, b, all...)
	if err := flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range s.until(t, 10) {
		counts[e.Name]++
	}
	if len(counts) != 10 || counts["test/note"] != 6 {
		t.Errorf("sent in one turn: %v, want one of each and six notes", counts)
	}
}
