package durable_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable/durabletest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// An event that repeats another one is that one, for one function alone.
func TestRepeatedEvent(t *testing.T) {
	t.Parallel()
	c, id := &durabletest.Tally{}, uuid.NewString()
	fails := true
	h := newTracked(
		t,
		durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
			c.Add(events.ID(ctx).String())
			if fails {
				return nil, fault.Permanent(context.DeadlineExceeded)
			}
			return nil, nil
		}),
		durabletest.NewJob("jobs/other", fn.Job{Events: []string{"test/e"}}, durabletest.Count(c)),
	)
	h.serve(calling{run: "01", ids: []string{id}})
	fails = false
	user := map[string]any{"app": durabletest.Slug("")[:len(durabletest.Slug(""))-1], "event": id, "only": durabletest.Slug("jobs-task")}
	if res := h.serve(calling{function: "other", run: "02", ids: []string{uuid.NewString()}, user: user}); res.Code != http.StatusOK ||
		!strings.Contains(res.Body.String(), "skipped") || c.Get("k") != 0 {
		t.Errorf("another function: %d %s, ran %d times", res.Code, res.Body, c.Get("k"))
	}
	if res := h.serve(calling{run: "03", ids: []string{uuid.NewString()}, user: user}); res.Code != http.StatusOK || c.Get(id) != 2 {
		t.Errorf("the function: %d %s, ran %v", res.Code, res.Body, c.All())
	}
	if got := h.entries(id); len(got) != 1 || got[0].Run != "03" || got[0].Outcome != "done" {
		t.Errorf("the ledger has %v", got)
	}
}

// What somebody else has beside the data is no matter.
func TestForeignUser(t *testing.T) {
	t.Parallel()
	c := &durabletest.Tally{}
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, durabletest.Count(c)))
	for i, user := range []map[string]any{{"event": []int{1}}, {"only": "x", "event": uuid.NewString()}, {"app": 1}} {
		if res := h.serve(calling{run: string(rune('a' + i)), ids: []string{"01HX"}, user: user}); res.Code != http.StatusOK || c.Get("k") != i+1 {
			t.Errorf("%v: %d %s", user, res.Code, res.Body)
		}
	}
}

// A run of an event that is not ours is known too, with its data.
func TestRunOfAForeignEvent(t *testing.T) {
	t.Parallel()
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		if events.ID(ctx) != uuid.Nil {
			t.Error("a foreign event has an id")
		}
		return nil, fault.Permanent(context.DeadlineExceeded)
	}))
	h.serve(calling{run: "01", ids: []string{"01HX"}, n: 7})
	p, err := ledger.Find(t.Context(), h.db, "01")
	if err != nil || p.State != "failed" || p.Error == "" || len(p.Events) != 1 || string(p.Events[0].Data) != `{"key":"k","n":7}` {
		t.Errorf("it is %+v, %v", p, err)
	}
}

// A run that was called here a moment ago does not ask the ledger, and so may pass one step
// more when it is cancelled. Then it ends.
func TestCancelledRun(t *testing.T) {
	t.Parallel()
	c := &durabletest.Tally{}
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		for _, id := range []string{"one", "two", "three"} {
			if _, err := durabletest.CountedStep(ctx, c, id); err != nil {
				return nil, err
			}
		}
		step.Sleep(ctx, "nap", time.Hour)
		return nil, nil
	}))
	call := calling{run: "01", ids: []string{uuid.NewString()}, steps: map[string]any{}}
	h.serve(call)
	durabletest.Must(t, ledger.Cancel(t.Context(), h.db, "01", "no more"))
	for _, id := range []string{"one", "two"} {
		call.steps[hashOf(id)] = map[string]any{"data": 1}
		h.serve(call)
	}
	call.steps[hashOf("three")] = map[string]any{"data": 1}
	res := h.serve(call)
	if c.Get("three") != 0 || res.Code != http.StatusOK || !strings.Contains(res.Body.String(), "cancelled") {
		t.Errorf("steps %v, and at last %d %s", c.All(), res.Code, res.Body)
	}
	if p, err := ledger.Find(t.Context(), h.db, "01"); err != nil || p.State != "cancelled" {
		t.Errorf("it is %+v, %v", p, err)
	}
}

// Where calls of a run come to several processes, each knows what the others have noted.
func TestStepsAtTwoReplicas(t *testing.T) {
	t.Parallel()
	c := &durabletest.Tally{}
	job := durabletest.Steps("jobs/task", c)
	h := newTracked(t, job...)
	other := h.beside(job...)
	call := calling{run: "01", ids: []string{uuid.NewString()}, event: "test/task", steps: map[string]any{}}
	for i, id := range []string{"one", "two", "three", "end"} {
		at := h
		if i%2 == 1 {
			at = other
		}
		if res := at.serve(call); res.Code >= http.StatusBadRequest {
			t.Errorf("call %d: %d %s", i, res.Code, res.Body)
		}
		call.steps[hashOf(id)] = map[string]any{"data": 1}
	}
	p, err := ledger.Find(t.Context(), h.db, "01")
	if err != nil || p.State != "done" || len(p.Steps) != 3 {
		t.Fatalf("it is %+v, %v", p, err)
	}
	for i, s := range p.Steps {
		if want := []string{"one", "two", "three"}[i]; s.Name != want || string(s.Result) != `{"data":1}` {
			t.Errorf("step %d is %s with %s", i, s.Name, s.Result)
		}
	}
}
