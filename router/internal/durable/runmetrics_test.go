package durable_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/connection"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// TestRunsAreCounted begins runs, and lets some of them end.
func TestRunsAreCounted(t *testing.T) {
	t.Parallel()
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		switch in.N {
		case 1:
			return nil, errors.New("no")
		case 2:
			return nil, fault.Permanent(errors.New("no"))
		case 3:
			_, err := step.Run(ctx, "step", func(context.Context) (int, error) { return 1, nil })
			return nil, err
		case 4:
			return branches(ctx, in)
		}
		return nil, nil
	}))
	one := func() []string { return []string{uuid.NewString()} }
	id, sleepy, retried, parallel := one(), one(), one(), one()
	for _, c := range []calling{
		{run: "done", ids: id},
		{run: "skipped", ids: id},
		{run: "retried", n: 1, ids: retried},
		{run: "retried", n: 1, ids: retried, attempt: 1},
		{run: "failed at last", n: 1, attempt: 10},
		{run: "failed", n: 2},
		{run: "goes on", n: 3, ids: sleepy},
		{run: "in parallel", n: 4, ids: parallel},
		{run: "in parallel", n: 4, ids: parallel, step: hashOf("short")},
	} {
		if c.ids == nil {
			c.ids = one()
		}
		h.serve(c)
	}
	_, err := h.db.Exec(t.Context(), `UPDATE event_run SET begun_at = now() - interval '1 hour' WHERE event_id = $1`, sleepy[0])
	durabletest.Must(t, err)
	got := runsOf(t, h)
	if age := got["oldest_seconds"]; age < 3600 || age > 7200 {
		t.Errorf("the oldest run is %g s old, want an hour", age)
	}
	delete(got, "oldest_seconds")
	want := map[string]float64{"begun": 6, "ended done": 1, "ended failed": 2, "ended skipped": 1, "ended cancelled": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestConnectedRunsAreCounted has Inngest call a job over a connection: one run passes three
// steps, one fails.
func TestConnectedRunsAreCounted(t *testing.T) {
	t.Parallel()
	s, c, d := durabletest.StartDev(t), &durabletest.Tally{}, dbtest.New(t)
	jobs := s.Jobs()
	jobs.Connect = true
	host, err := durable.New(durable.Config{
		Functions: []function.Function{durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
			if in.N == 1 {
				return nil, fault.Permanent(errors.New("no"))
			}
			for _, id := range []string{"one", "two", "three"} {
				if _, err := durabletest.CountedStep(ctx, c, id); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})},
		Jobs: jobs, Ledger: ledger.New(d), Logger: durabletest.Log(t),
	})
	durabletest.Must(t, err)
	app := registration.New(host, jobs, durabletest.Log(t))
	connector := connection.New(host, app, connection.Config{DB: d, Drain: time.Second, Logger: durabletest.Log(t)})
	durabletest.Running(t, connector)
	durabletest.Within(t, "the functions are registered", connector.Registered())
	for n := range 2 {
		s.Send(map[string]any{"id": uuid.NewString(), "name": "test/e", "data": map[string]any{"n": n}})
	}
	h := &tracked{host, t, d}
	want := map[string]float64{"begun": 2, "ended done": 1, "ended failed": 1, "ended cancelled": 0}
	await.That(t, "both runs have begun and ended", func() bool { return cmp.Equal(want, runsOf(t, h)) })
}

// runsOf returns what is shown of the runs of jobs/task.
func runsOf(t *testing.T, h *tracked) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	for name, all := range shown(t, h.Host) {
		kind, ofRuns := strings.CutPrefix(name, "switchyard_jobs_")
		for _, m := range all {
			function := ""
			for _, l := range m.GetLabel() {
				if l.GetName() == "function" {
					function = l.GetValue()
				} else {
					kind = strings.TrimSuffix(kind, "_total") + " " + l.GetValue()
				}
			}
			if ofRuns && function == "jobs/task" && m.GetHistogram() == nil {
				got[strings.TrimSuffix(kind, "_total")] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
			kind = strings.TrimPrefix(name, "switchyard_jobs_")
		}
	}
	return got
}

// TestEndsThatOnlyInngestSees has Inngest tell of the ends of runs: one was given up that
// never answered, one is known to have failed, one was cancelled.
func TestEndsThatOnlyInngestSees(t *testing.T) {
	t.Parallel()
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
		return nil, fault.Permanent(errors.New("no"))
	}))
	id := uuid.NewString()
	h.serve(calling{run: "known", ids: []string{id}})
	h.tells("inngest/function.failed", "known", id)
	h.tells("inngest/function.failed", "silent", uuid.NewString())
	h.tells("inngest/function.cancelled", "cancelled", uuid.NewString())
	got := runsOf(t, h)
	want := map[string]float64{"begun": 1, "ended done": 0, "ended failed": 2, "ended cancelled": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// tells calls the host's own function as Inngest does when a run of jobs/task has ended.
func (h *tracked) tells(event, run, id string) {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{
		"ctx": map[string]any{"run_id": uuid.NewString(), "max_attempts": 11, "request_id": uuid.NewString()},
		"event": map[string]any{"id": "01HX", "name": event, "data": map[string]any{
			"function_id": durabletest.Slug("jobs-task"), "run_id": run, "error": map[string]any{"message": "no"},
			"event": map[string]any{"id": id, "name": "test/e", "data": map[string]any{}},
		}},
		"steps": map[string]any{},
	})
	durabletest.Must(h.t, err)
	var res *httptest.ResponseRecorder
	for _, l := range h.Listeners() {
		if l.Event == events.Canary {
			target := durable.Path + "?stepId=step&fnId=" + l.Function
			res = durabletest.Call(h.t, h.Handler(), "POST", target, string(body), durabletest.Sign(h.t, durabletest.SigningKey, string(body), 0))
		}
	}
	if res == nil || res.Code != 200 {
		h.t.Fatalf("tell of %s: %v", event, res)
	}
}
