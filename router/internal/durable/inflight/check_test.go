package inflight_test

import (
	"context"
	"crypto/sha1" //nolint:gosec // the SDK knows steps by such hashes
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/inngest/inngestgo/group"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/inflight"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/shared/fn"
)

// memory is runs of one shape.
type memory []durable.Recorded

func (m memory) Shapes(context.Context) ([]inflight.Shape, error) {
	s := inflight.Shape{Function: m[0].Function, Runs: len(m)}
	for _, r := range m {
		s.Examples = append(s.Examples, r.ID)
	}
	return []inflight.Shape{s}, nil
}

func (m memory) Load(_ context.Context, ids []string) (some []durable.Recorded, _ error) {
	for _, r := range m {
		for _, id := range ids {
			if r.ID == id {
				some = append(some, r)
			}
		}
	}
	return some, nil
}

// idOf returns the SDK's id of a step: of its name, and how often that came before.
func idOf(name string) string {
	sum := sha1.Sum([]byte(name)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// passed returns steps from "name=result", or "name" if it goes on.
func passed(steps ...string) []durable.RecordedStep {
	var all []durable.RecordedStep
	for _, s := range steps {
		name, result, done := strings.Cut(s, "=")
		r := durable.RecordedStep{ID: idOf(name), Name: strings.TrimSuffix(name, ":1")}
		if done {
			r.Result = json.RawMessage(result)
		}
		all = append(all, r)
	}
	return all
}

// recorded returns a run of jobs/task that has passed steps.
func recorded(data string, steps ...string) durable.Recorded {
	return durable.Recorded{
		Function: durabletest.Slug("jobs-task"), ID: "01RUN",
		Events: []durable.RecordedEvent{{ID: "01a20f4d-c3d6-7a61-8625-5ccff801178f", Name: "test/task", Data: json.RawMessage(data)}},
		Steps:  passed(steps...),
	}
}

// code is what a function does, none of whose steps must run here.
type code struct{ t *testing.T }

func (c code) step(ctx context.Context, id string) (int, error) {
	return step.Run(ctx, id, func(context.Context) (int, error) {
		c.t.Errorf("the step %q was run", id)
		return 0, nil
	})
}

// host returns a host of jobs/task.
func host(t *testing.T, handle durabletest.Task) *durable.Host {
	t.Helper()
	spec := fn.Job{Events: []string{"test/task"}, Timeout: time.Minute}
	return hostOf(t, durabletest.NewJob("jobs/task", spec, handle))
}

func hostOf(t *testing.T, functions ...function.Function) *durable.Host {
	t.Helper()
	h, err := durable.New(durable.Config{Functions: functions, Jobs: durabletest.Production(t), Logger: durabletest.Log(t)})
	durabletest.Must(t, err)
	return h
}

// kinds asks for one step of each kind, one after the other.
func kinds(ctx context.Context, c code) error {
	n, err := c.step(ctx, "run")
	if err != nil || n != 9007199254740993 {
		return fmt.Errorf("got %d, %w", n, err)
	}
	step.Sleep(ctx, "sleep", time.Hour)
	_, err = step.WaitForEvent[any](ctx, "wait", step.WaitForEventOpts{Event: "test/x", Timeout: time.Hour})
	if !errors.Is(err, step.ErrEventNotReceived) {
		return errors.New("an event was received")
	}
	if _, err = step.Invoke[any](ctx, "invoke", step.InvokeOpts{FunctionId: "x"}); err == nil {
		return errors.New("the invoked function did not fail")
	}
	if _, err = c.step(ctx, "failing"); err == nil {
		return errors.New("the step did not fail")
	}
	_, err = step.WaitForSignal[any](ctx, "signal", step.WaitForSignalOpts{Signal: "x", Timeout: time.Hour})
	if err != nil {
		return err
	}
	_, err = step.Fetch[any](ctx, "fetch", step.FetchOpts{URL: "http://127.0.0.1:1"})
	return err
}

// TestCheck has a run of an old release, and the new release's code.
func TestCheck(t *testing.T) {
	t.Parallel()
	ofAllKinds := []string{
		`run={"data":{"_exactJSON":"9007199254740993"}}`, `sleep=null`, `wait=null`, `invoke={"error":{"message":"no"}}`,
		`failing={"error":{"name":"Step failed","message":"no","data":null}}`, `signal={"data":{"signal":"x"}}`, `fetch={"data":{"status_code":200}}`,
	}
	tests := map[string]struct {
		run    durable.Recorded
		handle func(ctx context.Context, c code) error
		want   *inflight.Finding // without function, runs and example
	}{
		"no step yet: nothing is run": {recorded(`{}`), func(_ context.Context, c code) error {
			c.t.Error("the function was called")
			return nil
		}, nil},
		"steps of all kinds": {recorded(`{"n":1}`, ofAllKinds...), kinds, nil},
		"what comes after the last step is not run": {recorded(`{}`, `a={"data":1}`), func(ctx context.Context, c code) error {
			_, err := c.step(ctx, "a")
			c.t.Error("the code after the last step was run")
			return err
		}, nil},
		"a new step at the end": {recorded(`{}`, `a={"data":1}`, `b`), func(ctx context.Context, c code) error {
			_, _ = c.step(ctx, "a")
			_, _ = c.step(ctx, "b")
			_, err := c.step(ctx, "c")
			return err
		}, nil},
		"a name twice": {recorded(`{}`, `a={"data":1}`, `a:1={"data":1}`, `b`), func(ctx context.Context, c code) error {
			_, _ = c.step(ctx, "a")
			_, _ = c.step(ctx, "a")
			_, err := c.step(ctx, "b")
			return err
		}, nil},
		"parallel steps in any order": {recorded(`{}`, `b={"data":2}`, `c`, `a={"data":1}`), parallel, nil},
		"parallel steps, then another": {recorded(`{}`, `c={"data":2}`, `b={"data":2}`, `a={"data":1}`, `d`), func(ctx context.Context, c code) error {
			if err := parallel(ctx, c); err != nil {
				return err
			}
			_, err := c.step(ctx, "d")
			return err
		}, nil},
		"renamed": {recorded(`{}`, `a={"data":1}`, `b={"data":1}`), func(ctx context.Context, c code) error {
			_, _ = c.step(ctx, "a")
			_, err := c.step(ctx, "charge")
			return err
		}, &inflight.Finding{Kind: inflight.Missing, Step: "b", Instead: `"charge"`}},
		"a sleep renamed while a run sleeps": {recorded(`{}`, `a={"data":1}`, `nap`), func(ctx context.Context, c code) error {
			_, _ = c.step(ctx, "a")
			step.Sleep(ctx, "rest", time.Hour)
			return nil
		}, &inflight.Finding{Kind: inflight.Missing, Step: "nap", Instead: `"rest"`}},
		"a step before": {recorded(`{}`, `a={"data":1}`), func(ctx context.Context, c code) error {
			_, _ = c.step(ctx, "new")
			_, err := c.step(ctx, "a")
			return err
		}, &inflight.Finding{Kind: inflight.Missing, Step: "a", Instead: `"new"`}},
		"another order": {recorded(`{}`, `a={"data":1}`, `b={"data":1}`), func(ctx context.Context, c code) error {
			_, _ = c.step(ctx, "b")
			_, err := c.step(ctx, "a")
			return err
		}, &inflight.Finding{Kind: inflight.Order, Step: "a", Instead: `"b"`}},
		"removed": {recorded(`{}`, `a={"data":1}`, `b`), func(ctx context.Context, c code) error {
			_, err := c.step(ctx, "a")
			return err
		}, &inflight.Finding{Kind: inflight.Missing, Step: "b"}},
		"the result of another type": {recorded(`{}`, `a={"data":"text"}`, `b`), func(ctx context.Context, c code) error {
			_, _ = c.step(ctx, "a")
			_, err := c.step(ctx, "b")
			return err
		}, &inflight.Finding{Kind: inflight.Fails, Step: "b", Error: "error unmarshalling state for step 'a'"}},
		"an error": {recorded(`{}`, `a`), func(context.Context, code) error {
			return errors.New("no such table")
		}, &inflight.Finding{Kind: inflight.Fails, Step: "a", Error: "no such table"}},
		"a panic": {recorded(`{}`, `a`), func(context.Context, code) error {
			panic("boom")
		}, &inflight.Finding{Kind: inflight.Fails, Step: "a", Error: "boom"}},
		"slow": {recorded(`{}`, `a`), func(ctx context.Context, _ code) error {
			<-ctx.Done()
			return ctx.Err()
		}, &inflight.Finding{Kind: inflight.Fails, Step: "a", Error: "context deadline exceeded"}},
		"hanging": {recorded(`{}`, `a`), func(_ context.Context, c code) error {
			<-c.t.Context().Done()
			return nil
		}, &inflight.Finding{Kind: inflight.Fails, Step: "a", Error: "longer than its timeout of 1m0s"}},
		"its input":        {recorded(`{"n":"many"}`), nil, &inflight.Finding{Kind: inflight.Input, Error: "does not fit"}},
		"nothing is known": {recorded(``, `a={"data":1}`), nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // some wait for their timeout
				h := host(t, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
					return nil, tt.handle(ctx, code{t})
				})
				report, err := inflight.Check(t.Context(), h, memory{tt.run}, io.Discard)
				durabletest.Must(t, err)
				expect(t, report, tt.want)
			})
		})
	}
}

// parallel has three steps at once.
func parallel(ctx context.Context, c code) error {
	steps := make([]func(ctx context.Context) (any, error), 3)
	for i, id := range []string{"a", "b", "c"} {
		steps[i] = func(ctx context.Context) (any, error) { return c.step(ctx, id) }
	}
	return group.Parallel(ctx, steps...).AnyError()
}

func expect(t *testing.T, report inflight.Report, want *inflight.Finding) {
	t.Helper()
	if want == nil {
		if report.Err() != nil {
			t.Error(report.Err())
		}
		return
	}
	if len(report.Findings) != 1 {
		t.Fatalf("got %+v", report)
	}
	got := report.Findings[0]
	ignore := cmpopts.IgnoreFields(inflight.Finding{}, "Function", "Runs", "Example", "Error")
	if diff := cmp.Diff(*want, got, ignore); diff != "" || !strings.Contains(got.Error, want.Error) || (want.Error == "") != (got.Error == "") {
		t.Errorf("(-want +got):\n%s%s", diff, got.Error)
	}
	if !errors.Is(report.Err(), inflight.ErrStranded) || !strings.Contains(report.Err().Error(), want.Step) {
		t.Errorf("got %v", report.Err())
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	for other, want := range map[string]string{"jobs/job": durabletest.Slug("jobs-job"), "": ""} {
		spec := fn.Job{Events: []string{"test/task"}}
		if other == "" {
			other, spec.Events = "jobs/other", []string{"test/other"}
		}
		h := hostOf(t, durabletest.NewJob(other, spec, nil))
		report, err := inflight.Check(t.Context(), h, memory{recorded(`{}`)}, io.Discard)
		durabletest.Must(t, err)
		expect(t, report, &inflight.Finding{Kind: inflight.Gone, Instead: want})
	}
}

// TestRunsAreCounted has runs alike of which the events of some do not decode.
func TestRunsAreCounted(t *testing.T) {
	t.Parallel()
	var runs memory
	for i := range 50 {
		r := recorded(fmt.Sprintf(`{"n":%d}`, i), "a")
		if i%10 == 9 {
			r.Events[0].Data = json.RawMessage(fmt.Sprintf(`{"n":"%d"}`, i))
		}
		r.ID = fmt.Sprint(i)
		runs = append(runs, r)
	}
	for id, want := range map[string]int{"a": 5, "b": 50} { // a step renamed concerns all
		h := host(t, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
			_, err := code{t}.step(ctx, id)
			return nil, err
		})
		report, err := inflight.Check(t.Context(), h, runs, io.Discard)
		durabletest.Must(t, err)
		if report.Runs != 50 || report.Checked != 50 || report.Stranded() != want || len(report.Findings) != 1 {
			t.Errorf("got %+v, want %d stranded", report, want)
		}
	}
}

// TestBatch has a run of several events.
func TestBatch(t *testing.T) {
	t.Parallel()
	h := hostOf(t, function.Function{
		Name: "jobs/task", Spec: fn.Job{Events: []string{"test/task"}, Batch: fn.Batch{Size: 2, Wait: time.Second}},
		Bind: func() any { return job.New(list(func(in []durabletest.Input) int64 { return in[0].N + in[1].N })) },
	})
	r := recorded(`{"n":1}`, `3={"data":1}`)
	r.Events = append(r.Events, durable.RecordedEvent{ID: "01a20f4d-c3d6-7a61-8625-5ccff8011790", Name: "test/task", Data: json.RawMessage(`{"n":2}`)})
	report, err := inflight.Check(t.Context(), h, memory{r}, io.Discard)
	durabletest.Must(t, err)
	expect(t, report, nil)
}

type list func([]durabletest.Input) int64

// Handle has a step whose name says what the function got.
func (f list) Handle(ctx context.Context, in *[]durabletest.Input) (*durabletest.Output, error) {
	_, err := step.Run(ctx, fmt.Sprint(f(*in)), func(context.Context) (int, error) { return 0, nil })
	return nil, err
}
