package durable_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// sendAll publishes events at once.
func sendAll(s *durabletest.Server, name string, data ...map[string]any) {
	s.T.Helper()
	all := make([]map[string]any, len(data))
	for i, d := range data {
		all[i] = durabletest.Event(name, d)
	}
	s.Post("/e/"+durabletest.EventKey, all, &struct{}{})
}

// oneRun may have one run at a time, with its sleeping.
func oneRun(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Concurrency: fn.Concurrency{Limit: 1, Runs: true, Key: "event.data.key"}}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := step.Run(ctx, "begin", func(context.Context) (int, error) {
			if c.Add("going") > c.Get("ended")+1 {
				c.Add("overlap")
			}
			return 0, nil
		})
		if err != nil {
			return nil, err
		}
		step.Sleep(ctx, "wait", time.Second)
		_, err = durabletest.CountedStep(ctx, c, "ended")
		return nil, err
	})}
}

func testOneRun(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	sendAll(s, name, map[string]any{"key": "k"}, map[string]any{"key": "k"})
	await.That(t, "both have run", func() bool { return c.Get("ended") == 2 })
	if n := c.Get("overlap"); n > 0 {
		t.Errorf("%d runs went on beside another one", n)
	}
}

func throttled(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Throttle: fn.Throttle{Limit: 1, Per: time.Second, Key: "event.data.key"}}
	return []function.Function{durabletest.NewJob(name, spec, func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
		c.Add("ran")
		return nil, nil
	})}
}

func testThrottled(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	began := time.Now()
	sendAll(s, name, map[string]any{"key": "k"}, map[string]any{"key": "k"}, map[string]any{"key": "k"})
	await.That(t, "all have run", func() bool { return c.Get("ran") == 3 })
	// Each can come late, and so the next soon after it. But the third is due after two seconds.
	if took := time.Since(began); took < 3*time.Second/2 {
		t.Errorf("all have run after %s", took)
	}
}

func limited(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), RateLimit: fn.RateLimit{Limit: 1, Per: time.Hour, Key: "event.data.key"}}
	return []function.Function{durabletest.NewJob(name, spec, durabletest.Count(c))}
}

func testLimited(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "a"})))
	s.Send(durabletest.Event(name, map[string]any{"key": "a"}))
	s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "b"})))
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, c.All()); diff != "" {
		t.Errorf("runs by key (-want +got):\n%s", diff)
	}
}

func debounced(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Debounce: fn.Debounce{Wait: 2 * time.Second, Max: time.Minute, Key: "event.data.key"}}
	return []function.Function{durabletest.NewJob(name, spec, durabletest.Count(c))}
}

func testDebounced(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	// Which of the two that come at once is the last, only the server knows.
	sendAll(s, name, map[string]any{"key": "a"}, map[string]any{"key": "a"}, map[string]any{"key": "b"})
	want := map[string]int{"a": 1, "b": 1}
	await.That(t, "both keys have run", func() bool { return len(c.All()) == len(want) })
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("runs by key (-want +got):\n%s", diff)
	}
}

// prioritised holds its first run until there are others that wait.
func prioritised(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{
		Events: durabletest.EventsOf(name), Concurrency: fn.Concurrency{Limit: 1}, Priority: "int(event.data.n)",
	}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		c.Add(fmt.Sprint(in.Key, c.Add("run")))
		if in.Key == "first" {
			c.Await(ctx, "go on")
		}
		return nil, nil
	})}
}

func testPrioritised(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	s.Send(durabletest.Event(name, map[string]any{"key": "first", "n": 0}))
	await.That(t, "the first run has begun", func() bool { return c.Get("first1") == 1 })
	for _, data := range []map[string]any{{"key": "low", "n": 0}, {"key": "high", "n": 300}} {
		id := s.Send(durabletest.Event(name, data))
		await.That(t, "the run waits", func() bool { return len(s.Runs(id)) == 1 })
	}
	c.Add("go on")
	want := map[string]int{"run": 3, "go on": 1, "first1": 1, "high2": 1, "low3": 1}
	await.That(t, "all have run", func() bool { return len(c.All()) == len(want) })
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("in which order they ran (-want +got):\n%s", diff)
	}
}

// collected is a batch that ends, or fails for good.
type collected struct{ c *durabletest.Tally }

func (f collected) Handle(ctx context.Context, in *[]durabletest.Input) (*durabletest.Output, error) {
	_, err := step.Run(ctx, "all", func(context.Context) (int, error) {
		f.c.Add(keysOf(*in))
		if (*in)[0].Key == "no" {
			return 0, fault.Permanent(errors.New("no"))
		}
		if f.c.Get(keysOf(*in)) == 1 {
			return 0, fault.RetryAfter(time.Second, errors.New("not yet"))
		}
		return 0, nil
	})
	return nil, err
}

func (f collected) Failed(_ context.Context, in *[]durabletest.Input, cause error) error {
	f.c.Add(fmt.Sprint("failed ", keysOf(*in), ": ", cause))
	return nil
}

func keysOf(in []durabletest.Input) string {
	var keys []string
	for _, one := range in {
		keys = append(keys, fmt.Sprint(one.Key, one.N))
	}
	slices.Sort(keys)
	return fmt.Sprint(keys)
}

func batched(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Batch: fn.Batch{Size: 3, Wait: 2 * time.Second, Key: "event.data.key"}}
	return []function.Function{{Name: name, Spec: spec, Bind: func() any { return job.New(collected{c}) }}}
}

func testBatched(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	sendAll(s, name, map[string]any{"key": "a", "n": 0}, map[string]any{"key": "a", "n": 1}, map[string]any{"key": "a", "n": 2})
	sendAll(s, name, map[string]any{"key": "no", "n": 1}, map[string]any{"key": "no", "n": 2})
	want := map[string]int{"[a0 a1 a2]": 2, "[no1 no2]": 1, "failed [no1 no2]: no": 1}
	await.That(t, "both batches have run, one twice", func() bool {
		return len(c.All()) >= len(want) && c.Get("[a0 a1 a2]") >= 2
	})
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func singleton(cancel bool) func(string, *durabletest.Tally) []function.Function {
	return func(name string, c *durabletest.Tally) []function.Function {
		spec := fn.Job{Events: durabletest.EventsOf(name), Singleton: fn.Singleton{On: true, Key: "event.data.key", Cancel: cancel}}
		return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
			if _, err := durabletest.CountedStep(ctx, c, fmt.Sprint(in.Key, in.N)); err != nil {
				return nil, err
			}
			if in.N != 1 {
				return nil, nil
			}
			_, err := step.WaitForEvent[any](ctx, "wait", step.WaitForEventOpts{Event: "test/" + strings.TrimPrefix(name, "jobs/") + ".over", Timeout: time.Hour})
			return nil, err
		})}
	}
}

func testSingleton(cancel bool) func(*testing.T, *durabletest.Server, string, *durabletest.Tally) {
	return func(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
		t.Helper()
		first := s.Send(durabletest.Event(name, map[string]any{"key": "a", "n": 1}))
		await.That(t, "the first run goes on", func() bool { return c.Get("a1") == 1 })
		second := s.Send(durabletest.Event(name, map[string]any{"key": "a", "n": 2}))
		s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "b", "n": 2}))) // Inngest is past the second
		if cancel {
			status := s.AwaitRun(first).Status
			s.AwaitRun(second)
			if status != "Cancelled" || c.Get("a2") != 1 {
				t.Errorf("the first run: %s; and what ran: %v", status, c.All())
			}
			return
		}
		var runs []durabletest.Run
		await.That(t, "the first run ends", func() bool {
			s.Send(durabletest.Event(name+".over", nil)) // Inngest may not have begun to wait
			runs = s.Runs(first)
			return len(runs) == 1 && runs[0].Ended != nil
		})
		if runs[0].Status != "Completed" || c.Get("a2") != 0 {
			t.Errorf("the first run: %s; and what ran: %v", runs[0].Status, c.All())
		}
	}
}

func tooLong(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Timeouts: fn.Timeouts{Finish: time.Second}}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		step.Sleep(ctx, "wait", 2*time.Second)
		_, err := durabletest.CountedStep(ctx, c, "late")
		return nil, err
	})}
}

func testTooLong(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	if got := s.AwaitRun(s.Send(durabletest.Event(name, nil))); got.Status != "Cancelled" || c.Get("late") != 0 {
		t.Errorf("got %s, and what ran: %v", got.Status, c.All())
	}
}

// cancelledLate can be cancelled for a second.
func cancelledLate(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), CancelOn: []fn.Cancel{{Event: "test/cancel.late", Within: time.Second}}}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		step.Sleep(ctx, "wait", 2*time.Second)
		if _, err := durabletest.CountedStep(ctx, c, "late"); err != nil {
			return nil, err
		}
		step.Sleep(ctx, "wait again", time.Second)
		return nil, nil
	})}
}

func testCancelledLate(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	id := s.Send(durabletest.Event(name, nil))
	await.That(t, "the run is late", func() bool { return c.Get("late") == 1 })
	s.Send(durabletest.Event("cancel.late", nil))
	if got := s.AwaitRun(id); got.Status != "Completed" {
		t.Errorf("got %s", got.Status)
	}
}
