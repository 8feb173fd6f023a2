package events_test

import (
	"net/http"
	"testing"
	"time"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
)

func TestTrack(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")

	before := b.Track()
	publish(t, d, b, note{"one"})
	quiet := b.Track()
	if err := quiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.until(t, 0)); n != 0 {
		t.Errorf("a call that published nothing sent %d events", n)
	}

	// Two calls at the same time: the flush of the one that ends first comes too early
	// for what the other has not committed yet.
	tx, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := b.Track()
	if err := b.Publish(t.Context(), tx, note{"two"}); err != nil {
		t.Fatal(err)
	}
	if err := before(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.until(t, 0)); n != 1 {
		t.Errorf("%d events are sent, want the one that is committed", n)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := other(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.until(t, 0)); n != 2 {
		t.Errorf("%d events are sent, want both", n)
	}
}

func TestTrackOfNothingCommitted(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	flush := b.Track()
	tx, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), tx, note{"one"}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.until(t, 0)); n != 0 {
		t.Errorf("%d events of a transaction that was rolled back", n)
	}
}

// A flush after a call sends what has room, and a sweep the rest.
func TestTrackOfMany(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	const many = 150
	flush := b.Track()
	publish(t, d, b, notes(many)...)
	if err := flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.until(t, 0)); n == 0 || n >= many {
		t.Errorf("%d of %d events are sent after the call, to which nobody listens", n, many)
	}
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.until(t, 0)); n != many {
		t.Errorf("%d of %d events are sent after a sweep", n, many)
	}
}

func TestTrackWithoutInngest(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	s.answer(func(*http.Request, []sent) int { return http.StatusServiceUnavailable })
	b := openImpatient(t, d, s.URL, time.Hour)
	flush := b.Track()
	publish(t, d, b, note{"one"})
	if err := flush(t.Context()); err == nil {
		t.Error("nobody hears that events are not sent")
	}
}

// With nobody who looks in the background, the end of a run lets the next event of its
// key go.
func TestTrackRuns(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")
	l := ledger.New(d)
	flush := b.Track()
	publish(t, d, b, move{"chess", 1}, move{"chess", 2}, move{"chess", 3})
	if err := flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		sent := s.until(t, n+1)
		if len(sent) != n+1 {
			t.Fatalf("%d events are sent, want %d", len(sent), n+1)
		}
		flush := b.TrackRuns(l)
		if err := flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.End(t.Context(), begin(t, d, "app-a", sent[n].ID, time.Hour), ledger.Done); err != nil {
			t.Fatal(err)
		}
		if err := flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := rows(t, d); n != 0 {
		t.Errorf("%d events are left, want none", n)
	}
}
