package durable_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

func timetable(name string, c *tally) []function.Function {
	spec := fn.Schedule{Cron: "TZ=Europe/Paris 0 6 1 1 *"}
	return []function.Function{schedule(name, spec, func(ctx context.Context) error {
		_, err := counted(ctx, c, "swept")
		return err
	})}
}

func testSchedule(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	var answer struct{ ID string }
	s.post("/invoke/"+"switchyard-"+durable.ID("jobs/"+name), map[string]any{"data": map[string]any{}}, &answer)
	if got := s.ended(answer.ID); got.Status != "Completed" || c.get("swept") != 1 {
		t.Errorf("got %s %s, swept %d times", got.Status, got.Output, c.get("swept"))
	}
}

func cancelled(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), CancelOn: []fn.Cancel{
		{Event: "test/cancel.it", If: "event.data.key == async.data.key"},
	}}
	return []function.Function{newJob(name, spec, func(ctx context.Context, in *input) (*output, error) {
		if _, err := counted(ctx, c, "begun "+in.Key); err != nil {
			return nil, err
		}
		if in.Key == "mine" {
			step.Sleep(ctx, "wait", time.Hour)
		}
		_, err := counted(ctx, c, "ended "+in.Key)
		return nil, err
	})}
}

func testCancel(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	mine := s.send(on(name, map[string]any{"key": "mine"}))
	eventually(t, "the run has begun", func() bool { return c.get("begun mine") == 1 })
	s.send(on("cancel.it", map[string]any{"key": "mine"}))
	if got := s.ended(mine); got.Status != "Cancelled" {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	other := s.ended(s.send(on(name, map[string]any{"key": "other"})))
	if other.Status != "Completed" || c.get("ended mine") != 0 {
		t.Errorf("the other run: %s; the cancelled one went on %d times", other.Status, c.get("ended mine"))
	}
}

func idempotent(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Idempotency: "event.data.key"}
	return []function.Function{newJob(name, spec, count(c))}
}

// count is a job without steps.
func count(c *tally) task {
	return func(_ context.Context, in *input) (*output, error) {
		c.add(in.Key)
		return nil, nil
	}
}

func testIdempotent(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	first := s.send(on(name, map[string]any{"key": "a"}))
	s.ended(first)
	s.send(on(name, map[string]any{"key": "a"}))
	s.ended(s.send(on(name, map[string]any{"key": "b"})))
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, c.all()); diff != "" {
		t.Errorf("runs by key (-want +got):\n%s", diff)
	}
}

// single may run one step at a time for each key.
func single(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Concurrency: fn.Concurrency{Limit: 1, Key: "event.data.key"}}
	running := make(chan struct{}, 1)
	return []function.Function{newJob(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		_, err := step.Run(ctx, "work", func(ctx context.Context) (int, error) {
			select {
			case running <- struct{}{}:
			default:
				c.add("overlap")
			}
			time.Sleep(50 * time.Millisecond) // the work, long enough to be overlapped
			select {
			case <-running:
			default:
			}
			c.add("done")
			return 0, nil
		})
		return nil, err
	})}
}

func testSingle(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	for range 4 {
		s.send(on(name, map[string]any{"key": "k"}))
	}
	eventually(t, "all have run", func() bool { return c.get("done") == 4 })
	if n := c.get("overlap"); n > 0 {
		t.Errorf("%d steps ran beside another one", n)
	}
}

func either(name string, c *tally) []function.Function {
	spec := fn.Job{Events: []string{"test/either", "test/or"}}
	return []function.Function{newJob(name, spec, count(c))}
}

func testEither(t *testing.T, s *inngest, _ string, c *tally) {
	t.Helper()
	s.ended(s.send(on("either", map[string]any{"key": "either"})))
	s.ended(s.send(on("or", map[string]any{"key": "or"})))
	if diff := cmp.Diff(map[string]int{"either": 1, "or": 1}, c.all()); diff != "" {
		t.Errorf("runs by event (-want +got):\n%s", diff)
	}
}

func filter(name string, c *tally) []function.Function {
	return []function.Function{newJob(name, fn.Job{Events: eventsOf(name), If: "event.data.n > 5"}, count(c))}
}

func testFilter(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	small := s.send(on(name, map[string]any{"key": "small", "n": 5}))
	s.ended(s.send(on(name, map[string]any{"key": "large", "n": 6})))
	if runs := s.runs(small); len(runs) > 0 || c.get("small") > 0 {
		t.Errorf("the event that the expression excludes started %d runs", len(runs))
	}
}
