package durable_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// TestLedger lets a real server begin and end runs in every way, and looks at what
// the ledger has of them in the end.
func TestLedger(t *testing.T) {
	t.Parallel()
	s := durabletest.StartProduction(t)
	c := &durabletest.Tally{}
	hopeless := fault.Permanent(errors.New("no"))
	work := func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		c.Add(in.Key + " is " + events.ID(ctx).String())
		if _, err := durabletest.CountedStep(ctx, c, "step"); err != nil {
			return nil, err
		}
		switch in.Key {
		case "hopeless":
			return nil, hopeless
		case "hopeless step":
			_, err := step.Run(ctx, "hopeless", func(context.Context) (int, error) { return 0, hopeless })
			return nil, err
		case "cancelled":
			c.Add("sleeps")
			step.Sleep(ctx, "wait", time.Hour)
		case "sleepy":
			step.Sleep(ctx, "wait", time.Second)
		}
		return nil, nil
	}
	late := func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		step.Sleep(ctx, "wait", 4*time.Second)
		return nil, nil
	}
	const cancelIt = "event.data.key == async.data.key"
	h := &tracked{t: t, db: dbtest.New(t)}
	s.Release(t, ledger.New(h.db),
		durabletest.NewJob("jobs/work", fn.Job{Events: []string{"test/work"}, CancelOn: []fn.Cancel{{Event: "test/cancel", If: cancelIt}}}, work),
		durabletest.NewJob("jobs/picky", fn.Job{Events: []string{"test/picky"}, If: "event.data.n > 5"}, work),
		durabletest.NewJob("jobs/late", fn.Job{
			Events: []string{"test/late"}, Concurrency: fn.Concurrency{Limit: 1, Runs: true},
			Timeouts: fn.Timeouts{Start: 3 * time.Second}, // which one alone keeps, and who waits for it does not
		}, late),
	)
	tests := []struct{ event, key, function, want string }{
		{"work", "plain", "jobs-work", "done"},
		{"work", "sleepy", "jobs-work", "done"},
		{"work", "hopeless", "jobs-work", "failed"},
		{"work", "hopeless step", "jobs-work", "failed"},
		{"work", "cancelled", "jobs-work", "cancelled"},
		{"picky", "picky", "watch-", "done"},
	}
	ids := map[string]string{}
	for _, tt := range tests {
		ids[tt.key] = uuid.NewString()
		s.Send(map[string]any{"id": ids[tt.key], "name": "test/" + tt.event, "data": map[string]any{"key": tt.key, "n": 1}})
	}
	// One of these never begins.
	ids["first"], ids["second"] = uuid.NewString(), uuid.NewString()
	for _, key := range []string{"first", "second"} {
		s.Send(map[string]any{"id": ids[key], "name": "test/late", "data": map[string]any{"key": key}})
	}
	await.That(t, "the run sleeps", func() bool { return c.Get("sleeps") > 0 })
	s.Send(durabletest.Event("cancel", map[string]any{"key": "cancelled"}))
	await.That(t, "one of the late ones ends, the other one is cancelled", func() bool {
		all := append(h.entries(ids["first"]), h.entries(ids["second"])...)
		outcomes := map[string]bool{}
		for _, e := range all {
			outcomes[e.Outcome] = true
		}
		return outcomes["done"] && outcomes["cancelled"]
	})
	for _, tt := range tests {
		await.That(t, tt.key+" is "+tt.want, func() bool {
			for _, e := range h.entries(ids[tt.key]) {
				if strings.HasPrefix(e.Function, durabletest.Slug(tt.function)) && e.Outcome == tt.want {
					return true
				}
			}
			return false
		})
		if tt.event == "work" && c.Get(tt.key+" is "+ids[tt.key]) == 0 {
			t.Errorf("%s: the function did not know its event: %v", tt.key, c.All())
		}
	}
}

// goes is a job that sleeps between its two steps.
func goes(c *durabletest.Tally, retries int) function.Function {
	spec := fn.Job{Events: []string{"test/e"}, Retries: retries}
	return durabletest.NewJob("jobs/goes", spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		if _, err := durabletest.CountedStep(ctx, c, "begun"); err != nil {
			return nil, err
		}
		step.Sleep(ctx, "wait", 2*time.Second)
		_, err := durabletest.CountedStep(ctx, c, "ended")
		return nil, err
	})
}

// TestRemovedJob takes a job away while a run of it sleeps: its calls are refused,
// until Inngest gives the run up.
func TestRemovedJob(t *testing.T) {
	t.Parallel()
	s := durabletest.StartProduction(t)
	c := &durabletest.Tally{}
	h := &tracked{t: t, db: dbtest.New(t)}
	stays := durabletest.NewJob("jobs/stays", fn.Job{Events: []string{"test/other"}}, durabletest.Count(c))
	replace := s.Release(t, ledger.New(h.db), stays, goes(c, 1))
	id := uuid.NewString()
	event := s.Send(map[string]any{"id": id, "name": "test/e", "data": map[string]any{}})
	await.That(t, "the run has begun", func() bool { return c.Get("begun") == 1 })
	replace(stays)
	await.That(t, "the run has failed, as the ledger has it", func() bool {
		all := h.entries(id)
		return len(all) == 1 && all[0].Outcome == "failed"
	})
	if got := s.AwaitRun(event); got.Status != "Failed" || c.Get("ended") != 0 {
		t.Errorf("Inngest says: %s %s", got.Status, got.Output)
	}
}

// TestRollout has a release answer for a while that does not have a job, in mid-run.
func TestRollout(t *testing.T) {
	t.Parallel()
	s := durabletest.StartProduction(t)
	c := &durabletest.Tally{}
	h := &tracked{t: t, db: dbtest.New(t)}
	stays := durabletest.NewJob("jobs/stays", fn.Job{Events: []string{"test/other"}}, durabletest.Count(c))
	replace := s.Release(t, ledger.New(h.db), stays, goes(c, 0))
	id := uuid.NewString()
	event := s.Send(map[string]any{"id": id, "name": "test/e", "data": map[string]any{}})
	await.That(t, "the run has begun", func() bool { return c.Get("begun") == 1 })
	replace(stays)
	await.That(t, "a call is refused", func() bool { return s.Answers.Get("410") > 0 })
	replace(stays, goes(c, 0))
	if got := s.AwaitRun(event); got.Status != "Completed" || c.Get("begun") != 1 || c.Get("ended") != 1 {
		t.Errorf("Inngest says: %s %s, and what ran: %v", got.Status, got.Output, c.All())
	}
	if got := h.entries(id); len(got) != 1 || got[0].Outcome != "done" {
		t.Errorf("the ledger has %v", got)
	}
}

// TestTakenOver begins a run of which nothing is heard any more, as if Inngest had lost
// it. The run that it begins for the same event then waits, and takes over.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	s := durabletest.StartProduction(t)
	c := &durabletest.Tally{}
	h := &tracked{t: t, db: dbtest.New(t)}
	l := ledger.New(h.db)
	s.Release(t, l, durabletest.Steps("jobs/steps", c)...)
	id := uuid.New()
	lost := ledger.Run{Function: durabletest.Slug("jobs-steps"), ID: "lost", Events: []uuid.UUID{id}}
	_, err := l.Begin(t.Context(), lost, ledger.Claim{Within: 2 * time.Second})
	durabletest.Must(t, err)
	event := s.Send(map[string]any{"id": id.String(), "name": "test/steps", "data": map[string]any{"n": 39}})
	if got := s.AwaitRun(event); got.Status != "Completed" || string(got.Output) != `{"sum":42}` {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	if got := h.entries(id.String()); len(got) != 1 || got[0].Run == "lost" || got[0].Outcome != "done" {
		t.Errorf("the ledger has %v", got)
	}
}
