package durable_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

func timetable(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Schedule{Cron: "TZ=Europe/Paris 0 6 1 1 *"}
	return []function.Function{durabletest.Schedule(name, spec, func(ctx context.Context) error {
		_, err := durabletest.CountedStep(ctx, c, "swept")
		return err
	})}
}

func testSchedule(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	var answer struct{ ID string }
	s.Post("/invoke/"+durabletest.Slug(durable.ID("jobs/"+name)), map[string]any{"data": map[string]any{}}, &answer)
	if got := s.AwaitRun(answer.ID); got.Status != "Completed" || c.Get("swept") != 1 {
		t.Errorf("got %s %s, swept %d times", got.Status, got.Output, c.Get("swept"))
	}
}

func cancelled(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), CancelOn: []fn.Cancel{
		{Event: "test/cancel.it", If: "event.data.key == async.data.key"},
	}}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		if _, err := durabletest.CountedStep(ctx, c, "begun "+in.Key); err != nil {
			return nil, err
		}
		if in.Key == "mine" {
			step.Sleep(ctx, "wait", time.Hour)
		}
		_, err := durabletest.CountedStep(ctx, c, "ended "+in.Key)
		return nil, err
	})}
}

func testCancel(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	mine := s.Send(durabletest.Event(name, map[string]any{"key": "mine"}))
	await.That(t, "the run has begun", func() bool { return c.Get("begun mine") == 1 })
	s.Send(durabletest.Event("cancel.it", map[string]any{"key": "mine"}))
	if got := s.AwaitRun(mine); got.Status != "Cancelled" {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	other := s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "other"})))
	if other.Status != "Completed" || c.Get("ended mine") != 0 {
		t.Errorf("the other run: %s; the cancelled one went on %d times", other.Status, c.Get("ended mine"))
	}
}

func idempotent(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Idempotency: "event.data.key"}
	return []function.Function{durabletest.NewJob(name, spec, durabletest.Count(c))}
}

func testIdempotent(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	first := s.Send(durabletest.Event(name, map[string]any{"key": "a"}))
	s.AwaitRun(first)
	s.Send(durabletest.Event(name, map[string]any{"key": "a"}))
	s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "b"})))
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, c.All()); diff != "" {
		t.Errorf("runs by key (-want +got):\n%s", diff)
	}
}

// single may run one step at a time for each key.
func single(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Concurrency: fn.Concurrency{Limit: 1, Key: "event.data.key"}}
	running := make(chan struct{}, 1)
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := step.Run(ctx, "work", func(ctx context.Context) (int, error) {
			select {
			case running <- struct{}{}:
			default:
				c.Add("overlap")
			}
			time.Sleep(50 * time.Millisecond) // the work, long enough to be overlapped
			select {
			case <-running:
			default:
			}
			c.Add("done")
			return 0, nil
		})
		return nil, err
	})}
}

func testSingle(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	for range 4 {
		s.Send(durabletest.Event(name, map[string]any{"key": "k"}))
	}
	await.That(t, "all have run", func() bool { return c.Get("done") == 4 })
	if n := c.Get("overlap"); n > 0 {
		t.Errorf("%d steps ran beside another one", n)
	}
}

func either(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: []string{"test/either", "test/or"}}
	return []function.Function{durabletest.NewJob(name, spec, durabletest.Count(c))}
}

func testEither(t *testing.T, s *durabletest.Server, _ string, c *durabletest.Tally) {
	t.Helper()
	s.AwaitRun(s.Send(durabletest.Event("either", map[string]any{"key": "either"})))
	s.AwaitRun(s.Send(durabletest.Event("or", map[string]any{"key": "or"})))
	if diff := cmp.Diff(map[string]int{"either": 1, "or": 1}, c.All()); diff != "" {
		t.Errorf("runs by event (-want +got):\n%s", diff)
	}
}

func filter(name string, c *durabletest.Tally) []function.Function {
	return []function.Function{durabletest.NewJob(name, fn.Job{Events: durabletest.EventsOf(name), If: "event.data.n > 5"}, durabletest.Count(c))}
}

func testFilter(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	small := s.Send(durabletest.Event(name, map[string]any{"key": "small", "n": 5}))
	s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "large", "n": 6})))
	if runs := s.Runs(small); len(runs) > 0 || c.Get("small") > 0 {
		t.Errorf("the event that the expression excludes started %d runs", len(runs))
	}
}
