package events

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// watched is an engine and a clock.
type watched struct {
	engine

	t  *testing.T
	at time.Time
}

// see judges what is seen a while later. A canary that is asked for is sent.
func (w *watched) see(after time.Duration, s sight) (again, canary bool) {
	w.at = w.at.Add(after)
	s.now = w.at
	if again, canary = w.judge(s); canary {
		w.sang(canaryAt(w.at))
	}
	return again, canary
}

func canaryAt(at time.Time) canary { return canary{ID: uuid.New(), At: at} }

func (w *watched) is(want EngineState) {
	w.t.Helper()
	if got := cmp.Or(w.State, Working); got != want {
		w.t.Errorf("Inngest is %s, want %s", got, want)
	}
}

// An Inngest that begins nothing is stuck within a minute, and works again when a canary
// or any run begins.
func TestStuck(t *testing.T) {
	t.Parallel()
	for _, sign := range []sight{{inFlight: 5, sung: true, listens: true}, {inFlight: 4, begun: 1, listens: true}, {inFlight: 5}} {
		w := &watched{t: t, at: time.Now()}
		quiet := sight{inFlight: 5, listens: true}
		w.see(0, quiet)
		since := w.at
		took := time.Duration(0)
		for ; w.State != Stuck && took < time.Hour; took += pollEvery {
			w.see(0, sight{waiting: true, listens: true}) // all that was in flight is to be sent again
			w.see(pollEvery, quiet)
		}
		if took > 45*time.Second || !w.Since.Equal(since) || w.Reason == "" {
			t.Errorf("it was said to be stuck after %s, since %s: %s", took, w.Since, w.Reason)
		}
		sent := 0
		for range 120 {
			again, canary := w.see(time.Second, quiet)
			if again {
				t.Fatal("events are sent again while it is stuck")
			}
			if canary {
				sent++
			}
		}
		if sent < 40 || len(w.Canaries) > maxCanaries {
			t.Errorf("%d canaries in two minutes, of which %d are remembered", sent, len(w.Canaries))
		}
		if again, _ := w.see(time.Second, sign); !again {
			t.Error("what is in flight is not sent again")
		}
		w.is(Working)
	}
}

// An Inngest that begins runs, but none of those in flight, is slow. It is asked now and
// then only.
func TestSlow(t *testing.T) {
	t.Parallel()
	w := &watched{t: t, at: time.Now()}
	canaries := 0
	for range 120 {
		again, canary := w.see(time.Second, sight{inFlight: 16, listens: true, sung: len(w.Canaries) > 0})
		if again {
			t.Error("what it has is sent again")
		}
		if canary {
			canaries++
		}
	}
	if canaries < 2 || canaries > 5 {
		t.Errorf("%d canaries in two minutes", canaries)
	}
	w.is(Slow)
	w.see(time.Second, sight{inFlight: 15, begun: 1, listens: true})
	w.is(Working)
}

// There is no doubt while runs begin, or nothing is asked of Inngest, or nobody listens to
// canaries.
func TestNoDoubt(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]sight{
		"runs begin":                     {inFlight: 5, begun: 1, listens: true},
		"idle":                           {listens: true},
		"a release that does not listen": {inFlight: 5},
	} {
		w := &watched{t: t, at: time.Now()}
		for range 100 {
			if _, canary := w.see(5*time.Second, s); canary {
				t.Errorf("%s: a canary is sent", name)
			}
		}
		w.is(Working)
	}
}

// One that takes no events is away until it takes one.
func TestAway(t *testing.T) {
	t.Parallel()
	w := &watched{t: t, at: time.Now()}
	refused := errors.New("connection refused")
	if w.sent(w.at, refused) {
		t.Error("what is in flight is sent again to one that takes nothing")
	}
	w.is(Away)
	since := w.Since
	for range 60 {
		if _, canary := w.see(time.Second, sight{inFlight: 5, listens: true}); canary {
			t.Error("a canary is sent to one that takes nothing")
		}
		w.sent(w.at, refused)
	}
	if !w.Since.Equal(since) {
		t.Error("it is away since the last failure, not the first")
	}
	if !w.sent(w.at, nil) {
		t.Error("what is in flight is not sent again to one that may have lost it")
	}
	w.is(Working)
	if again := w.sent(w.at, nil); again {
		t.Error("it is sent again at each request")
	}
	// What it took before it knew the functions is sent once more.
	var rounds []bool
	for range 4 {
		again, _ := w.see(2*time.Second, sight{inFlight: 5, listens: true})
		rounds = append(rounds, again)
	}
	if !slices.Equal(rounds, []bool{false, true, false, false}) {
		t.Errorf("it is sent again in these rounds: %v", rounds)
	}
}

// Another relay carries on with what stands in the database.
func TestEngineIsKept(t *testing.T) {
	t.Parallel()
	w := &watched{t: t, at: time.Now().UTC()}
	w.Windows = windows{"a": {Size: 40, InFlight: 3, Full: true, From: w.at}}
	for w.State != Stuck {
		w.see(pollEvery, sight{inFlight: 5, listens: true})
	}
	text, err := json.Marshal(&w.engine)
	if err != nil {
		t.Fatal(err)
	}
	var other engine
	if err := json.Unmarshal(text, &other); err != nil {
		t.Fatal(err)
	}
	if back, _ := json.Marshal(&other); string(back) != string(text) {
		t.Errorf("got %s, want %s", back, text)
	}
}
