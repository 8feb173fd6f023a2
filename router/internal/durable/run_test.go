package durable_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// story is one job or schedule and what it must do on a real server.
type story struct {
	name      string
	functions func(name string, c *durabletest.Tally) []function.Function
	test      func(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally)
}

// letters notes what its input is, and which function it is.
func letters(name string, c *durabletest.Tally) []function.Function {
	return []function.Function{durabletest.NewJob(name, fn.Job{Events: durabletest.EventsOf(name)}, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		c.Add(fmt.Sprint(in.Key, in.N))
		c.Add(fn.NameOf(ctx))
		return nil, nil
	})}
}

// The names of an event's data are a job's letter for letter, and 2.0 is an integer.
func testLetters(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	data := map[string]any{"key": "a", "KEY": "b", "N": 1, "n": json.RawMessage("2.0")}
	if got := s.AwaitRun(s.Send(durabletest.Event(name, data))); got.Status != "Completed" || c.Get("a2") == 0 || c.Get("jobs/"+name) == 0 {
		t.Errorf("got %s %s, %v", got.Status, got.Output, c.All())
	}
}

// TestRuns serves the functions of all stories at once and lets each tell itself.
func TestRuns(t *testing.T) {
	t.Parallel()
	s := durabletest.StartDev(t)
	var functions []function.Function
	tallies := map[string]*durabletest.Tally{}
	for _, st := range stories() {
		tallies[st.name] = &durabletest.Tally{}
		functions = append(functions, st.functions("jobs/"+st.name, tallies[st.name])...)
	}
	s.Serve(t, functions...)
	t.Run("stories", func(t *testing.T) {
		for _, st := range stories() {
			t.Run(st.name, func(t *testing.T) {
				t.Parallel()
				server := &durabletest.Server{T: t, URL: s.URL, Key: s.Key}
				st.test(t, server, st.name, tallies[st.name])
			})
		}
	})
}

func stories() []story {
	return []story{
		{"steps", durabletest.Steps, testSteps},
		{"retry", retry, testRetry},
		{"permanent", permanent, testPermanent},
		{"exhausted", exhausted, testExhausted},
		{"misfit", misfit, testMisfit},
		{"letters", letters, testLetters},
		{"panic", panics, testPanic},
		{"slow-step", slowStep, testSlow("slow-step")},
		{"slow-code", slowCode, testSlow("slow-code")},
		{"stubborn-step", stubbornStep, testStubbornStep},
		{"schedule", timetable, testSchedule},
		{"cancel", cancelled, testCancel},
		{"idempotent", idempotent, testIdempotent},
		{"single", single, testSingle},
		{"either", either, testEither},
		{"filter", filter, testFilter},
		{"huge", huge, testHuge},
		{"one-run", oneRun, testOneRun},
		{"throttled", throttled, testThrottled},
		{"limited", limited, testLimited},
		{"debounced", debounced, testDebounced},
		{"prioritised", prioritised, testPrioritised},
		{"batched", batched, testBatched},
		{"singleton", singleton(false), testSingleton(false)},
		{"singleton-cancel", singleton(true), testSingleton(true)},
		{"too-long", tooLong, testTooLong},
		{"cancelled-late", cancelledLate, testCancelledLate},
	}
}

func testSteps(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	got := s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "k", "n": 39, "unknown": true})))
	if got.Status != "Completed" || string(got.Output) != `{"sum":42}` {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	want := map[string]int{"one": 1, "two": 1, "three": 1}
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("how often each step ran (-want +got):\n%s", diff)
	}
}

// retry fails in a step, plainly, and then in the function, with a wait.
func retry(name string, c *durabletest.Tally) []function.Function {
	return []function.Function{durabletest.NewJob(name, fn.Job{Events: durabletest.EventsOf(name)}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		if _, err := durabletest.CountedStep(ctx, c, "before"); err != nil {
			return nil, err
		}
		_, err := step.Run(ctx, "weak", func(context.Context) (int, error) {
			if c.Add("weak") == 1 {
				// Whatever the kind: without a mark it is tried again.
				return 0, fault.New(fault.Invalid, "not yet")
			}
			return 0, nil
		})
		if err != nil {
			return nil, err
		}
		if c.Add("after") == 1 {
			return nil, fault.RetryAfter(time.Second, errors.New("not yet"))
		}
		return nil, nil
	})}
}

func testRetry(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	if got := s.AwaitRun(s.Send(durabletest.Event(name, nil))); got.Status != "Completed" {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	want := map[string]int{"before": 1, "weak": 2, "after": 2}
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("how often each part ran (-want +got):\n%s", diff)
	}
}

// giveUp is what Failed gets, written down.
func giveUp(c *durabletest.Tally) func(context.Context, *durabletest.Input, error) error {
	return func(ctx context.Context, in *durabletest.Input, cause error) error {
		_, err := durabletest.CountedStep(ctx, c, fmt.Sprintf("failed %s %d: %v", in.Key, in.N, cause))
		return err
	}
}

// permanent fails for good: in a step, or outside.
func permanent(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name)}
	return []function.Function{durabletest.Fallible(name, spec, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		hopeless := func(context.Context) (int, error) {
			c.Add(in.Key)
			cause := fault.New(fault.Invalid, "The file is empty.").Because(errors.New("EOF"))
			return 0, fmt.Errorf("read: %w", fault.Permanent(cause))
		}
		run := func() (int, error) { return step.Run(ctx, "read", hopeless) }
		if in.Key == "outside" {
			run = func() (int, error) { return hopeless(ctx) }
		}
		if _, err := run(); err != nil {
			return nil, err
		}
		return nil, nil
	}, giveUp(c))}
}

func testPermanent(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	for _, key := range []string{"inside", "outside"} {
		got := s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": key, "n": 7})))
		if got.Status != "Failed" || c.Get(key) != 1 {
			t.Errorf("%s: got %s after %d tries, want Failed after 1", key, got.Status, c.Get(key))
		}
	}
	want := map[string]int{
		"inside": 1, "failed inside 7: read: The file is empty.: EOF": 1,
		"outside": 1, "failed outside 7: read: The file is empty.: EOF": 1,
	}
	await.That(t, "Failed runs twice", func() bool { return len(c.All()) >= len(want) })
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

// exhausted uses its retries up.
func exhausted(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Retries: 1}
	return []function.Function{durabletest.Fallible(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := step.Run(ctx, "weak", func(context.Context) (int, error) {
			return 0, fmt.Errorf("no luck %d", c.Add("weak"))
		})
		return nil, err
	}, giveUp(c))}
}

func testExhausted(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	if got := s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"key": "k"}))); got.Status != "Failed" {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	want := map[string]int{"weak": 2, "failed k 0: no luck 2": 1}
	await.That(t, "Failed runs", func() bool { return len(c.All()) >= len(want) })
	if diff := cmp.Diff(want, c.All()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

func misfit(name string, c *durabletest.Tally) []function.Function {
	return []function.Function{durabletest.NewJob(name, fn.Job{Events: durabletest.EventsOf(name)}, func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
		c.Add("ran")
		return nil, nil
	})}
}

func testMisfit(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	got := s.AwaitRun(s.Send(durabletest.Event(name, map[string]any{"n": "seven"})))
	want := "the event's data does not fit *durabletest.Input"
	if got.Status != "Failed" || !strings.Contains(string(got.Output), want) || c.Get("ran") != 0 {
		t.Errorf("got %s %s, want Failed with %q", got.Status, got.Output, want)
	}
}

func panics(name string, c *durabletest.Tally) []function.Function {
	return []function.Function{durabletest.NewJob(name, fn.Job{Events: durabletest.EventsOf(name)}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := step.Run(ctx, "weak", func(context.Context) (int, error) {
			if c.Add("weak") == 1 {
				panic("at first")
			}
			return 0, nil
		})
		return nil, err
	})}
}

func testPanic(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	if got := s.AwaitRun(s.Send(durabletest.Event(name, nil))); got.Status != "Completed" || c.Get("weak") != 2 {
		t.Errorf("got %s after %d tries, want Completed after 2", got.Status, c.Get("weak"))
	}
}

// slowStep has a step that waits for the deadline. That of a try may be over before the step begins:
// then there is another one.
func slowStep(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Timeout: 50 * time.Millisecond}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := step.Run(ctx, "wait", func(ctx context.Context) (int, error) {
			c.Add("try")
			<-ctx.Done()
			return 0, fault.Permanent(ctx.Err())
		})
		return nil, err
	})}
}

// slowCode is late before its first step, which then must not run.
func slowCode(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Retries: -1, Timeout: 50 * time.Millisecond}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		c.Add("try")
		<-ctx.Done()
		_, err := durabletest.CountedStep(ctx, c, "too late")
		return nil, err
	})}
}

func testSlow(want string) func(*testing.T, *durabletest.Server, string, *durabletest.Tally) {
	want = map[string]string{
		"slow-step": "context deadline exceeded",
		"slow-code": "it took longer than its timeout of 50ms",
	}[want]
	return func(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
		t.Helper()
		got := s.AwaitRun(s.Send(durabletest.Event(name, nil)))
		if got.Status != "Failed" || !strings.Contains(string(got.Output), want) {
			t.Errorf("got %s %s, want Failed with %q", got.Status, got.Output, want)
		}
		if diff := cmp.Diff(map[string]int{"try": 1}, c.All()); diff != "" {
			t.Errorf("what ran (-want +got):\n%s", diff)
		}
	}
}

// stubbornStep has a step that takes no notice of its timeout when it is first tried, and
// comes to something else when it is tried again.
func stubbornStep(name string, c *durabletest.Tally) []function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name), Timeout: 50 * time.Millisecond}
	return []function.Function{durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		sum, err := step.Run(ctx, "convert", func(context.Context) (int, error) {
			if c.Add("convert") == 1 {
				time.Sleep(3 * overrun.Grace / 2)
				c.Add("late")
				return -1, nil
			}
			return 42, nil
		})
		return &durabletest.Output{Sum: sum}, err
	})}
}

// testStubbornStep wants what a step has come to after it was given up to be no result.
func testStubbornStep(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	got := s.AwaitRun(s.Send(durabletest.Event(name, nil)))
	if got.Status != "Completed" || string(got.Output) != `{"sum":42}` || c.Get("convert") != 2 {
		t.Errorf("got %s %s, %v", got.Status, got.Output, c.All())
	}
	await.That(t, "the step that was given up ends", func() bool { return c.Get("late") == 1 })
}

// huge has steps whose results are together over what Inngest sends.
func huge(name string, c *durabletest.Tally) []function.Function {
	return []function.Function{durabletest.NewJob(name, fn.Job{Events: durabletest.EventsOf(name)}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		for _, id := range []string{"one", "two", "three"} {
			_, err := step.Run(ctx, id, func(context.Context) (string, error) {
				c.Add(id)
				return strings.Repeat("x", 5<<19), nil
			})
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	})}
}

func testHuge(t *testing.T, s *durabletest.Server, name string, c *durabletest.Tally) {
	t.Helper()
	got := s.AwaitRun(s.Send(durabletest.Event(name, nil)))
	if want := "limit of 4 MiB"; got.Status != "Failed" || !strings.Contains(string(got.Output), want) {
		t.Errorf("got %s %s, want Failed with %q", got.Status, got.Output, want)
	}
	if diff := cmp.Diff(map[string]int{"one": 1, "two": 1}, c.All()); diff != "" {
		t.Errorf("how often each step ran (-want +got):\n%s", diff)
	}
}
