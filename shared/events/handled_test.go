package events_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
)

// What Inngest has taken and lost is sent again under its id until a run has ended.
func TestSentAgainUntilHandled(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	listen(t, d)
	b := openWith(t, d, s.URL, config.Events{Key: key, ResendAfter: 50 * time.Millisecond})
	publish(t, d, b, note{"one"}, note{"two"})
	run(t, b)
	ids := map[uuid.UUID]int{}
	for _, e := range s.until(t, 6) {
		ids[e.ID]++
	}
	if len(ids) != 2 {
		t.Errorf("%d ids, want those of the two events", len(ids))
	}
	l := ledger.New(d)
	for id := range ids {
		r := ledger.Run{Function: "test-f", ID: "run", Events: []uuid.UUID{id}}
		if own, err := l.Begin(t.Context(), r, ledger.Claim{Within: time.Hour}); err != nil || len(own) != 1 {
			t.Fatal(own, err)
		}
		eventually(t, d, `SELECT next_at > now() + interval '10 minutes' FROM outbox WHERE id = $1`, id)
		if err := l.End(t.Context(), r, ledger.Failed); err != nil {
			t.Fatal(err)
		}
		exec(t, d, `UPDATE outbox SET next_at = now() WHERE id = $1`, id)
		eventually(t, d, `SELECT NOT EXISTS (SELECT FROM outbox WHERE id = $1)`, id)
	}
}

func TestGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	listen(t, d)
	b := open(t, d, s.URL)
	publish(t, d, b, note{"one"})
	run(t, b)
	s.until(t, 1)
	eventually(t, d, `SELECT state = 'sent' FROM outbox`)
	exec(t, d, `UPDATE outbox SET next_at = now(), first_sent_at = now() - interval '24 hours'`)
	eventually(t, d, `SELECT state = 'dead' AND last_error LIKE 'no run of test-f has begun%' FROM outbox`)
}

// 200 from something that is not Inngest is no reason to forget an event.
func TestGarbage(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	var once sync.Once
	s.garbage = func() (yes bool) {
		once.Do(func() { yes = true })
		return yes
	}
	b := open(t, d, s.URL)
	publish(t, d, b, note{"one"})
	if err := b.Flush(t.Context()); err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("got %v, want an error without the key", err)
	}
	exec(t, d, `UPDATE outbox SET next_at = now()`)
	if err := b.Flush(t.Context()); err != nil || waiting(t, d) != 0 {
		t.Errorf("got %v and %d events left", err, waiting(t, d))
	}
}

// The culprits are found without sending each event alone.
func TestCulpritsAreFoundByHalves(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	requests := 0
	s.answer(func(_ *http.Request, es []sent) int {
		requests++
		for _, e := range es {
			if e.text() == "bad" {
				return http.StatusBadRequest
			}
		}
		return http.StatusOK
	})
	b := open(t, d, s.URL)
	var es []events.Event
	for i := range 256 {
		es = append(es, note{map[bool]string{true: "bad", false: "good"}[i == 77]})
	}
	publish(t, d, b, es...)
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if requests > 17 {
		t.Errorf("%d requests, want 17 at most", requests)
	}
	eventually(t, d, `SELECT count(*) = 1 AND bool_and(state = 'dead') FROM outbox`)
}

func TestAccept(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	listen(t, d)
	b := open(t, d, s.URL)
	at := time.UnixMilli(1_700_000_000_000)
	in := []events.Foreign{
		{Source: "shop", ID: "1", Name: "test/note", Data: json.RawMessage(`{"text":"one"}`), Time: at},
		{Source: "shop", ID: "1", Name: "test/note", Data: json.RawMessage(`{"text":"again"}`)},
		{Source: "sho", ID: "p1", Name: "test/note", Key: "k", Data: json.RawMessage(`{"text":"two"}`)},
	}
	for range 2 {
		ids, err := b.Accept(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if ids[0] != events.IDOf("shop", "1") || ids[1] != ids[0] || ids[2] == ids[0] {
			t.Errorf("ids %v", ids)
		}
	}
	if n := waiting(t, d); n != 2 {
		t.Errorf("%d events are in the outbox, want 2", n)
	}
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, e := range s.until(t, 2) {
		if e.text() == "one" && e.TS != at.UnixMilli() || e.text() == "again" {
			t.Errorf("sent %+v", e)
		}
	}
	r := ledger.Run{Function: "test-f", ID: "run", Events: []uuid.UUID{events.IDOf("shop", "1")}}
	if _, err := ledger.New(d).Begin(t.Context(), r, ledger.Claim{Within: time.Hour}); err != nil {
		t.Fatal(err)
	}
	exec(t, d, `DELETE FROM outbox`) // they are done
	if _, err := b.Accept(t.Context(), in[:2]); err != nil || waiting(t, d) != 0 {
		t.Errorf("a replay: %v, and %d events in the outbox, want none", err, waiting(t, d))
	}
	for name, e := range map[string]events.Foreign{
		"no source": {ID: "1", Name: "a", Data: json.RawMessage(`{}`)},
		"no id":     {Source: "s", Name: "a", Data: json.RawMessage(`{}`)},
		"no name":   {Source: "s", ID: "1", Data: json.RawMessage(`{}`)},
		"no data":   {Source: "s", ID: "1", Name: "a"},
		"not JSON":  {Source: "s", ID: "1", Name: "a", Data: json.RawMessage(`{`)},
		"zero byte": {Source: "s", ID: "1", Name: "a", Data: json.RawMessage(`"\u0000"`)},
		"too large": {Source: "s", ID: "1", Name: "a", Data: json.RawMessage(`"` + strings.Repeat("x", events.MaxSize) + `"`)},
	} {
		if _, err := b.Accept(t.Context(), []events.Foreign{e}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want fault.Invalid", name, err)
		}
	}
}

func TestRunsAreForgotten(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	publish(t, d, b, note{"not done"})
	exec(t, d, `INSERT INTO event_run (event_id, function, run_id, due_at) SELECT id, 'f', 'kept', now() - interval '50 hours' FROM outbox`)
	exec(t, d, `INSERT INTO event_run (event_id, function, run_id, due_at)
		SELECT gen_random_uuid(), 'f', 'old', now() - interval '49 hours' FROM generate_series(1, 1500)`)
	exec(t, d, `INSERT INTO event_run (event_id, function, run_id, due_at) VALUES (gen_random_uuid(), 'f', 'kept', now() - interval '47 hours')`)
	if err := b.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, d, `SELECT count(*) = 2 AND bool_and(run_id = 'kept') FROM event_run`)
}

func TestCollectors(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	publish(t, d, b, note{"one"}, note{"two"})
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, d, b, note{"three"})
	exec(t, d, `UPDATE outbox SET created_at = now() - interval '1 hour'`)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(b.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for name, want := range map[string]float64{
		"switchyard_outbox_events waiting": 1, "switchyard_outbox_events dead": 0, "switchyard_outbox_events sent": 0,
		"switchyard_outbox_sent_total": 2, "switchyard_outbox_resent_total": 0, "switchyard_outbox_send_seconds": 1,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v, want %v", name, value, want)
		}
	}
	if lag := got["switchyard_outbox_lag_seconds"]; lag < 3600 {
		t.Errorf("lag %v, want an hour at least", lag)
	}
}
