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

	"switchyard/router/internal/function"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// story is one job or schedule and what it must do on a real server.
type story struct {
	name      string
	functions func(name string, c *tally) []function.Function
	test      func(t *testing.T, s *inngest, name string, c *tally)
}

// letters notes what its input is.
func letters(name string, c *tally) []function.Function {
	return []function.Function{newJob(name, fn.Job{Events: eventsOf(name)}, func(_ context.Context, in *input) (*output, error) {
		c.add(fmt.Sprint(in.Key, in.N))
		return nil, nil
	})}
}

// The names of an event's data are a job's letter for letter, and 2.0 is an integer.
func testLetters(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	data := map[string]any{"key": "a", "KEY": "b", "N": 1, "n": json.RawMessage("2.0")}
	if got := s.ended(s.send(on(name, data))); got.Status != "Completed" || c.get("a2") == 0 {
		t.Errorf("got %s %s, %v", got.Status, got.Output, c.all())
	}
}

// TestRuns serves the functions of all stories at once and lets each tell itself.
func TestRuns(t *testing.T) {
	t.Parallel()
	s := startDev(t)
	var functions []function.Function
	tallies := map[string]*tally{}
	for _, st := range stories() {
		tallies[st.name] = &tally{}
		functions = append(functions, st.functions("jobs/"+st.name, tallies[st.name])...)
	}
	s.serve(t, functions...)
	t.Run("stories", func(t *testing.T) {
		for _, st := range stories() {
			t.Run(st.name, func(t *testing.T) {
				t.Parallel()
				server := &inngest{t: t, url: s.url, key: s.key}
				st.test(t, server, st.name, tallies[st.name])
			})
		}
	})
}

// on is an event for the story called name.
func on(name string, data map[string]any) map[string]any {
	return map[string]any{"name": "test/" + name, "data": data}
}

func eventsOf(name string) []string {
	return []string{"test/" + strings.TrimPrefix(name, "jobs/")}
}

func stories() []story {
	return []story{
		{"steps", steps, testSteps},
		{"retry", retry, testRetry},
		{"permanent", permanent, testPermanent},
		{"exhausted", exhausted, testExhausted},
		{"misfit", misfit, testMisfit},
		{"letters", letters, testLetters},
		{"panic", panics, testPanic},
		{"slow-step", slowStep, testSlow("slow-step")},
		{"slow-code", slowCode, testSlow("slow-code")},
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

// counted is a step that only counts that it ran.
func counted(ctx context.Context, c *tally, id string) (int, error) {
	return step.Run(ctx, id, func(context.Context) (int, error) { return c.add(id), nil })
}

func steps(name string, c *tally) []function.Function {
	return []function.Function{newJob(name, fn.Job{Events: eventsOf(name)}, func(ctx context.Context, in *input) (*output, error) {
		sum := int(in.N)
		for _, id := range []string{"one", "two", "three"} {
			n, err := counted(ctx, c, id)
			if err != nil {
				return nil, err
			}
			sum += n
		}
		return &output{Sum: sum}, nil
	})}
}

func testSteps(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	got := s.ended(s.send(on(name, map[string]any{"key": "k", "n": 39, "unknown": true})))
	if got.Status != "Completed" || string(got.Output) != `{"sum":42}` {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	want := map[string]int{"one": 1, "two": 1, "three": 1}
	if diff := cmp.Diff(want, c.all()); diff != "" {
		t.Errorf("how often each step ran (-want +got):\n%s", diff)
	}
}

// retry fails in a step, plainly, and then in the function, with a wait.
func retry(name string, c *tally) []function.Function {
	return []function.Function{newJob(name, fn.Job{Events: eventsOf(name)}, func(ctx context.Context, _ *input) (*output, error) {
		if _, err := counted(ctx, c, "before"); err != nil {
			return nil, err
		}
		_, err := step.Run(ctx, "weak", func(context.Context) (int, error) {
			if c.add("weak") == 1 {
				// Whatever the kind: without a mark it is tried again.
				return 0, fault.New(fault.Invalid, "not yet")
			}
			return 0, nil
		})
		if err != nil {
			return nil, err
		}
		if c.add("after") == 1 {
			return nil, fault.RetryAfter(time.Second, errors.New("not yet"))
		}
		return nil, nil
	})}
}

func testRetry(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	if got := s.ended(s.send(on(name, nil))); got.Status != "Completed" {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	want := map[string]int{"before": 1, "weak": 2, "after": 2}
	if diff := cmp.Diff(want, c.all()); diff != "" {
		t.Errorf("how often each part ran (-want +got):\n%s", diff)
	}
}

// giveUp is what Failed gets, written down.
func giveUp(c *tally) func(context.Context, *input, error) error {
	return func(ctx context.Context, in *input, cause error) error {
		_, err := counted(ctx, c, fmt.Sprintf("failed %s %d: %v", in.Key, in.N, cause))
		return err
	}
}

// permanent fails for good: in a step, or outside.
func permanent(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name)}
	return []function.Function{fallible(name, spec, func(ctx context.Context, in *input) (*output, error) {
		hopeless := func(context.Context) (int, error) {
			c.add(in.Key)
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

func testPermanent(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	for _, key := range []string{"inside", "outside"} {
		got := s.ended(s.send(on(name, map[string]any{"key": key, "n": 7})))
		if got.Status != "Failed" || c.get(key) != 1 {
			t.Errorf("%s: got %s after %d tries, want Failed after 1", key, got.Status, c.get(key))
		}
	}
	want := map[string]int{
		"inside": 1, "failed inside 7: read: The file is empty.: EOF": 1,
		"outside": 1, "failed outside 7: read: The file is empty.: EOF": 1,
	}
	eventually(t, "Failed runs twice", func() bool { return len(c.all()) >= len(want) })
	if diff := cmp.Diff(want, c.all()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

// exhausted uses its retries up.
func exhausted(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Retries: 1}
	return []function.Function{fallible(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		_, err := step.Run(ctx, "weak", func(context.Context) (int, error) {
			return 0, fmt.Errorf("no luck %d", c.add("weak"))
		})
		return nil, err
	}, giveUp(c))}
}

func testExhausted(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	if got := s.ended(s.send(on(name, map[string]any{"key": "k"}))); got.Status != "Failed" {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	want := map[string]int{"weak": 2, "failed k 0: no luck 2": 1}
	eventually(t, "Failed runs", func() bool { return len(c.all()) >= len(want) })
	if diff := cmp.Diff(want, c.all()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

func misfit(name string, c *tally) []function.Function {
	return []function.Function{newJob(name, fn.Job{Events: eventsOf(name)}, func(context.Context, *input) (*output, error) {
		c.add("ran")
		return nil, nil
	})}
}

func testMisfit(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	got := s.ended(s.send(on(name, map[string]any{"n": "seven"})))
	want := "the event's data does not fit *durable_test.input"
	if got.Status != "Failed" || !strings.Contains(string(got.Output), want) || c.get("ran") != 0 {
		t.Errorf("got %s %s, want Failed with %q", got.Status, got.Output, want)
	}
}

func panics(name string, c *tally) []function.Function {
	return []function.Function{newJob(name, fn.Job{Events: eventsOf(name)}, func(ctx context.Context, _ *input) (*output, error) {
		_, err := step.Run(ctx, "weak", func(context.Context) (int, error) {
			if c.add("weak") == 1 {
				panic("at first")
			}
			return 0, nil
		})
		return nil, err
	})}
}

func testPanic(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	if got := s.ended(s.send(on(name, nil))); got.Status != "Completed" || c.get("weak") != 2 {
		t.Errorf("got %s after %d tries, want Completed after 2", got.Status, c.get("weak"))
	}
}

// slowStep has a step that waits for the deadline.
func slowStep(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Retries: -1, Timeout: 50 * time.Millisecond}
	return []function.Function{newJob(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		_, err := step.Run(ctx, "wait", func(ctx context.Context) (int, error) {
			c.add("try")
			<-ctx.Done()
			return 0, ctx.Err()
		})
		return nil, err
	})}
}

// slowCode is late before its first step, which then must not run.
func slowCode(name string, c *tally) []function.Function {
	spec := fn.Job{Events: eventsOf(name), Retries: -1, Timeout: 50 * time.Millisecond}
	return []function.Function{newJob(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		c.add("try")
		<-ctx.Done()
		_, err := counted(ctx, c, "too late")
		return nil, err
	})}
}

func testSlow(want string) func(*testing.T, *inngest, string, *tally) {
	want = map[string]string{
		"slow-step": "context deadline exceeded",
		"slow-code": "it took longer than its timeout of 50ms",
	}[want]
	return func(t *testing.T, s *inngest, name string, c *tally) {
		t.Helper()
		got := s.ended(s.send(on(name, nil)))
		if got.Status != "Failed" || !strings.Contains(string(got.Output), want) {
			t.Errorf("got %s %s, want Failed with %q", got.Status, got.Output, want)
		}
		if diff := cmp.Diff(map[string]int{"try": 1}, c.all()); diff != "" {
			t.Errorf("what ran (-want +got):\n%s", diff)
		}
	}
}

// huge has steps whose results are together over what Inngest sends.
func huge(name string, c *tally) []function.Function {
	return []function.Function{newJob(name, fn.Job{Events: eventsOf(name)}, func(ctx context.Context, _ *input) (*output, error) {
		for _, id := range []string{"one", "two", "three"} {
			_, err := step.Run(ctx, id, func(context.Context) (string, error) {
				c.add(id)
				return strings.Repeat("x", 5<<19), nil
			})
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	})}
}

func testHuge(t *testing.T, s *inngest, name string, c *tally) {
	t.Helper()
	got := s.ended(s.send(on(name, nil)))
	if want := "limit of 4 MiB"; got.Status != "Failed" || !strings.Contains(string(got.Output), want) {
		t.Errorf("got %s %s, want Failed with %q", got.Status, got.Output, want)
	}
	if diff := cmp.Diff(map[string]int{"one": 1, "two": 1}, c.all()); diff != "" {
		t.Errorf("how often each step ran (-want +got):\n%s", diff)
	}
}
