package durable_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// sendAll publishes events at once.
func (s *inngest) sendAll(name string, data ...map[string]any) {
	s.t.Helper()
	all := make([]map[string]any, len(data))
	for i, d := range data {
		all[i] = on(name, d)
	}
	s.post("/e/"+eventKey, all, &struct{}{})
}

// oneRun may have one run at a time, with its sleeping.
func oneRun(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Concurrency: fn.Concurrency{Limit: 1, Runs: true, Key: "event.data.key"}}
	return []function.Function{newJob(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		_, err := step.Run(ctx, "begin", func(context.Context) (int, error) {
			if c.add("going") > c.get("ended")+1 {
				c.add("overlap")
			}
			return 0, nil
		})
		if err != nil {
			return nil, err
		}
		step.Sleep(ctx, "wait", time.Second)
		_, err = counted(ctx, c, "ended")
		return nil, err
	})}
}

func testOneRun(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	s.sendAll(name, map[string]any{"key": "k"}, map[string]any{"key": "k"})
	eventually(t, "both have run", func() bool { return c.get("ended") == 2 })
	if n := c.get("overlap"); n > 0 {
		t.Errorf("%d runs went on beside another one", n)
	}
}

// throttled notes when it starts.
func throttled(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Throttle: fn.Throttle{Limit: 1, Per: time.Second, Key: "event.data.key"}}
	var mu sync.Mutex
	var last time.Time
	return []function.Function{newJob(name, spec, func(context.Context, *input) (*output, error) {
		mu.Lock()
		defer mu.Unlock()
		// It can come late, but not much too early.
		if !last.IsZero() && time.Since(last) < time.Second/2 {
			c.add("early")
		}
		last = time.Now()
		c.add("ran")
		return nil, nil
	})}
}

func testThrottled(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	s.sendAll(name, map[string]any{"key": "k"}, map[string]any{"key": "k"}, map[string]any{"key": "k"})
	eventually(t, "all have run", func() bool { return c.get("ran") == 3 })
	if n := c.get("early"); n > 0 {
		t.Errorf("%d runs started early", n)
	}
}

func limited(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), RateLimit: fn.RateLimit{Limit: 1, Per: time.Hour, Key: "event.data.key"}}
	return []function.Function{newJob(name, spec, count(c))}
}

func testLimited(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	s.ended(s.send(on(name, map[string]any{"key": "a"})))
	s.send(on(name, map[string]any{"key": "a"}))
	s.ended(s.send(on(name, map[string]any{"key": "b"})))
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, c.all()); diff != "" {
		t.Errorf("runs by key (-want +got):\n%s", diff)
	}
}

func debounced(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Debounce: fn.Debounce{Wait: 2 * time.Second, Max: time.Minute, Key: "event.data.key"}}
	return []function.Function{newJob(name, spec, count(c))}
}

func testDebounced(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	// Which of the two that come at once is the last, only the server knows.
	s.sendAll(name, map[string]any{"key": "a"}, map[string]any{"key": "a"}, map[string]any{"key": "b"})
	want := map[string]int{"a": 1, "b": 1}
	eventually(t, "both keys have run", func() bool { return len(c.all()) == len(want) })
	if diff := cmp.Diff(want, c.all()); diff != "" {
		t.Errorf("runs by key (-want +got):\n%s", diff)
	}
}

// prioritised holds its first run until there are others that wait.
func prioritised(name string, c *tally) []function.Function {
	spec := fn.Job{
		Events: eventsOf(name), Concurrency: fn.Concurrency{Limit: 1}, Priority: "int(event.data.n)",
	}
	return []function.Function{newJob(name, spec, func(ctx context.Context, in *input) (*output, error) {
		c.add(fmt.Sprint(in.Key, c.add("run")))
		if in.Key == "first" {
			c.await(ctx, "go on")
		}
		return nil, nil
	})}
}

func testPrioritised(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	s.send(on(name, map[string]any{"key": "first", "n": 0}))
	eventually(t, "the first run has begun", func() bool { return c.get("first1") == 1 })
	for _, data := range []map[string]any{{"key": "low", "n": 0}, {"key": "high", "n": 300}} {
		id := s.send(on(name, data))
		eventually(t, "the run waits", func() bool { return len(s.runs(id)) == 1 })
	}
	c.add("go on")
	want := map[string]int{"run": 3, "go on": 1, "first1": 1, "high2": 1, "low3": 1}
	eventually(t, "all have run", func() bool { return len(c.all()) == len(want) })
	if diff := cmp.Diff(want, c.all()); diff != "" {
		t.Errorf("in which order they ran (-want +got):\n%s", diff)
	}
}

// collected is a batch that ends, or fails for good.
type collected struct{ c *tally }

func (f collected) Handle(ctx context.Context, in *[]input) (*output, error) {
	_, err := step.Run(ctx, "all", func(context.Context) (int, error) {
		f.c.add(keysOf(*in))
		if (*in)[0].Key == "no" {
			return 0, fault.Permanent(errors.New("no"))
		}
		if f.c.get(keysOf(*in)) == 1 {
			return 0, fault.RetryAfter(time.Second, errors.New("not yet"))
		}
		return 0, nil
	})
	return nil, err
}

func (f collected) Failed(_ context.Context, in *[]input, cause error) error {
	f.c.add(fmt.Sprint("failed ", keysOf(*in), ": ", cause))
	return nil
}

func keysOf(in []input) string {
	var keys []string
	for _, one := range in {
		keys = append(keys, fmt.Sprint(one.Key, one.N))
	}
	slices.Sort(keys)
	return fmt.Sprint(keys)
}

func batched(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Batch: fn.Batch{Size: 3, Wait: 2 * time.Second, Key: "event.data.key"}}
	return []function.Function{{Name: name, Spec: spec, Bind: func() any { return job.New(collected{c}) }}}
}

func testBatched(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	for n := range 3 {
		s.send(on(name, map[string]any{"key": "a", "n": n}))
	}
	s.sendAll(name, map[string]any{"key": "no", "n": 1}, map[string]any{"key": "no", "n": 2})
	want := map[string]int{"[a0 a1 a2]": 2, "[no1 no2]": 1, "failed [no1 no2]: no": 1}
	eventually(t, "both batches have run, one twice", func() bool {
		return len(c.all()) >= len(want) && c.get("[a0 a1 a2]") >= 2
	})
	if diff := cmp.Diff(want, c.all()); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func singleton(cancel bool) func(string, *tally) []function.Function {
	return func(name string, c *tally) []function.Function {
		spec := fn.Job{Events: eventsOf(name), Singleton: fn.Singleton{On: true, Key: "event.data.key", Cancel: cancel}}
		return []function.Function{newJob(name, spec, func(ctx context.Context, in *input) (*output, error) {
			if _, err := counted(ctx, c, fmt.Sprint(in.Key, in.N)); err != nil {
				return nil, err
			}
			if in.N == 1 {
				step.Sleep(ctx, "wait", 4*time.Second) // time for the other events
			}
			return nil, nil
		})}
	}
}

func testSingleton(cancel bool) func(*testing.T, *inngest, string, *tally) {
	return func(t *testing.T, s *inngest, name string, c *tally) {
		t.Helper()
		first := s.send(on(name, map[string]any{"key": "a", "n": 1}))
		eventually(t, "the first run goes on", func() bool { return c.get("a1") == 1 })
		second := s.send(on(name, map[string]any{"key": "a", "n": 2}))
		s.ended(s.send(on(name, map[string]any{"key": "b", "n": 2})))
		status := s.ended(first).Status
		if cancel {
			s.ended(second)
			if status != "Cancelled" || c.get("a2") != 1 {
				t.Errorf("the first run: %s; and what ran: %v", status, c.all())
			}
			return
		}
		if status != "Completed" || c.get("a2") != 0 {
			t.Errorf("the first run: %s; and what ran: %v", status, c.all())
		}
	}
}

func tooLong(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Timeouts: fn.Timeouts{Finish: time.Second}}
	return []function.Function{newJob(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		step.Sleep(ctx, "wait", 2*time.Second)
		_, err := counted(ctx, c, "late")
		return nil, err
	})}
}

func testTooLong(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	if got := s.ended(s.send(on(name, nil))); got.Status != "Cancelled" || c.get("late") != 0 {
		t.Errorf("got %s, and what ran: %v", got.Status, c.all())
	}
}

// cancelledLate can be cancelled for a second.
func cancelledLate(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), CancelOn: []fn.Cancel{{Event: "test/cancel.late", Within: time.Second}}}
	return []function.Function{newJob(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		step.Sleep(ctx, "wait", 2*time.Second)
		if _, err := counted(ctx, c, "late"); err != nil {
			return nil, err
		}
		step.Sleep(ctx, "wait again", time.Second)
		return nil, nil
	})}
}

func testCancelledLate(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	id := s.send(on(name, nil))
	eventually(t, "the run is late", func() bool { return c.get("late") == 1 })
	s.send(on("cancel.late", nil))
	if got := s.ended(id); got.Status != "Completed" {
		t.Errorf("got %s", got.Status)
	}
}
