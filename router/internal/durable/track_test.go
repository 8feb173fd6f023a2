package durable_test

import (
	"context"
	"crypto/sha1" //nolint:gosec // it is Inngest's choice
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/group"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// tracked is a host with a ledger, which is called as Inngest would call it.
type tracked struct {
	*durable.Host
	t  *testing.T
	db *db.DB
}

func newTracked(t *testing.T, functions ...function.Function) *tracked {
	t.Helper()
	return (&tracked{nil, t, dbtest.New(t)}).beside(functions...)
}

// beside returns another replica.
func (h *tracked) beside(functions ...function.Function) *tracked {
	t, d := h.t, h.db
	t.Helper()
	overran := &overrun.Set{}
	host, err := durable.New(durable.Config{
		Functions: functions, Jobs: durabletest.Production(t), Ledger: ledger.New(d), Overrun: overran, Logger: durabletest.Log(t),
	})
	t.Cleanup(func() {
		for overran.Lost() > 0 {
			time.Sleep(time.Millisecond) // they log
		}
	})
	durabletest.Must(t, err)
	return &tracked{host, t, d}
}

// calling is what a call from Inngest carries.
type calling struct {
	function    string // "task"
	run         string
	step        string // "" is the next one
	attempt     int
	maxAttempts int
	steps       map[string]any
	event       string // its name: "test/e"
	ids         []string
	n           int            // of the first event; the next has one more
	user        map[string]any // what is sent beside the data
}

// serve makes the call, which is signed.
func (h *tracked) serve(c calling) *httptest.ResponseRecorder {
	h.t.Helper()
	var list []map[string]any
	for i, id := range c.ids {
		list = append(list, map[string]any{"id": id, "name": orElse(c.event, "test/e"), "data": map[string]any{"key": "k", "n": c.n + i}, "user": c.user})
	}
	if c.steps == nil {
		c.steps = map[string]any{}
	}
	body, err := json.Marshal(map[string]any{
		"ctx": map[string]any{
			"run_id": c.run, "attempt": c.attempt, "max_attempts": orElse(c.maxAttempts, 11), "request_id": uuid.NewString(),
		},
		"event": list[0], "events": list, "steps": c.steps,
	})
	durabletest.Must(h.t, err)
	target := targetOf(orElse(c.function, "task"), orElse(c.step, "step"))
	return durabletest.Call(h.t, h.Handler(), http.MethodPost, target, string(body), durabletest.Sign(h.t, durabletest.SigningKey, string(body), 0))
}

func orElse[T comparable](v, other T) T {
	if v == *new(T) {
		return other
	}
	return v
}

func (h *tracked) entries(id string) []durabletest.LedgerRow {
	h.t.Helper()
	return durabletest.LedgerRows(h.t, h.db, id)
}

// TestSettle looks at what the ledger has after one call of a run.
func TestSettle(t *testing.T) {
	t.Parallel()
	const grace = durable.DefaultGrace
	ended := func(outcome string) durabletest.LedgerRow { return durabletest.LedgerRow{Outcome: outcome} }
	within := func(d time.Duration) durabletest.LedgerRow { return durabletest.LedgerRow{Due: d + grace} }
	for name, tt := range map[string]struct {
		task durabletest.Task
		spec fn.Job
		call calling
		want durabletest.LedgerRow
	}{
		"it has done its work": {task: func(context.Context, *durabletest.Input) (*durabletest.Output, error) { return nil, nil }, want: ended("done")},
		"it fails, and there will be another try": {
			task: func(context.Context, *durabletest.Input) (*durabletest.Output, error) { return nil, errors.New("no") },
			want: within(durable.RetryWait(1) + durable.Jitter),
		},
		"the third try fails": {
			task: func(context.Context, *durabletest.Input) (*durabletest.Output, error) { return nil, errors.New("no") },
			call: calling{attempt: 2}, want: within(durable.RetryWait(3) + durable.Jitter),
		},
		"the last try fails": {
			task: func(context.Context, *durabletest.Input) (*durabletest.Output, error) { return nil, errors.New("no") },
			call: calling{attempt: 10}, want: ended("failed"),
		},
		"it fails for good": {
			task: func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
				return nil, fault.Permanent(errors.New("no"))
			},
			want: ended("failed"),
		},
		"it fails and says when to try again": {
			task: func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
				return nil, fault.RetryAfter(time.Hour, errors.New("no"))
			},
			want: within(time.Hour),
		},
		"it panics": {
			task: func(context.Context, *durabletest.Input) (*durabletest.Output, error) { panic("no") },
			want: within(durable.RetryWait(1) + durable.Jitter),
		},
		"its step does not stop, and is done in the end": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.Run(ctx, "one", func(context.Context) (int, error) {
					time.Sleep(overrun.Grace + overrun.Grace/2)
					return 1, nil
				})
				return nil, err
			},
			spec: fn.Job{Timeout: time.Millisecond}, want: within(durable.RetryWait(1) + durable.Jitter),
		},
		"a step is done": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.Run(ctx, "one", func(context.Context) (int, error) { return 1, nil })
				return nil, err
			},
			want: within(0),
		},
		"a step fails": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.Run(ctx, "one", func(context.Context) (int, error) { return 1, errors.New("no") })
				return nil, err
			},
			want: within(durable.RetryWait(1) + durable.Jitter),
		},
		"a step fails for good, which the function has yet to see": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.Run(ctx, "one", func(context.Context) (int, error) { return 1, fault.Permanent(errors.New("no")) })
				return nil, err
			},
			want: within(0),
		},
		"it sleeps": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				step.Sleep(ctx, "wait", 50*time.Hour)
				return nil, nil
			},
			want: within(50 * time.Hour),
		},
		"it waits for an event": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.WaitForEvent[any](ctx, "wait", step.WaitForEventOpts{Event: "test/other", Timeout: time.Hour})
				return nil, err
			},
			want: within(time.Hour),
		},
		"it waits for another function": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.Invoke[any](ctx, "wait", step.InvokeOpts{FunctionId: durabletest.Slug("other"), Timeout: time.Hour})
				return nil, err
			},
			want: within(time.Hour),
		},
		"it waits for another function, for ever": {
			task: func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.Invoke[any](ctx, "wait", step.InvokeOpts{FunctionId: durabletest.Slug("other")})
				return nil, err
			},
			want: within(365 * 24 * time.Hour),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.spec.Events = []string{"test/e"}
			h := newTracked(t, durabletest.NewJob("jobs/task", tt.spec, tt.task))
			id := uuid.NewString()
			tt.call.run, tt.call.ids = "01", []string{id}
			h.serve(tt.call)
			got := h.entries(id)
			tt.want.Function, tt.want.Run = durabletest.Slug("jobs-task"), "01"
			if tt.want.Outcome != "" {
				got[0].Due = 0
			}
			// It was written a moment ago.
			const moment = time.Minute / 4
			about := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() < moment })
			if diff := cmp.Diff([]durabletest.LedgerRow{tt.want}, got, about); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestParallelStepsKeepTheLatestTime has one branch that sleeps for long, and another
// one that does not.
func TestParallelStepsKeepTheLatestTime(t *testing.T) {
	t.Parallel()
	id := uuid.NewString()
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, branches))
	h.serve(calling{run: "01", ids: []string{id}})
	if res := h.serve(calling{run: "01", ids: []string{id}, step: hashOf("short")}); res.Code != http.StatusPartialContent {
		t.Fatalf("the short branch: %d %s", res.Code, res.Body)
	}
	if got := h.entries(id)[0].Due; got < 49*time.Hour {
		t.Errorf("it is to be heard of within %s", got)
	}
}

func branches(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
	return nil, group.Parallel(ctx,
		func(ctx context.Context) (any, error) { step.Sleep(ctx, "long", 50*time.Hour); return nil, nil },
		func(ctx context.Context) (any, error) {
			return step.Run(ctx, "short", func(context.Context) (int, error) { return 1, nil })
		},
	).AnyError()
}

// hashOf is how Inngest names a step.
func hashOf(step string) string {
	sum := sha1.Sum([]byte(step)) //nolint:gosec // it is Inngest's choice
	return hex.EncodeToString(sum[:])
}

// TestStepOfAnotherRelease asks for a step that the function does not have. The SDK
// would say that the run has ended well.
func TestStepOfAnotherRelease(t *testing.T) {
	t.Parallel()
	id := uuid.NewString()
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, branches))
	res := h.serve(calling{run: "01", ids: []string{id}, step: hashOf("gone")})
	if res.Code != http.StatusInternalServerError || res.Header().Get(inngestgo.HeaderKeyNoRetry) != "" {
		t.Errorf("got %d %s, want 500", res.Code, res.Body)
	}
	if got := h.entries(id); len(got) != 1 || got[0].Outcome != "" {
		t.Errorf("the ledger has %v", got)
	}
}

// TestOneRunOfAnEvent begins runs of one function for one event.
func TestOneRunOfAnEvent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spec   fn.Job
		err    error // of the first run
		call   calling
		second int // runs of the function after the second call
		want   int // its answer if it runs nothing; 200
	}{
		"another run of a handled event":            {call: calling{run: "02"}, second: 1},
		"the same run, whose answer was lost":       {call: calling{run: "01"}, second: 2},
		"another run while the first is tried":      {err: errors.New("no"), call: calling{run: "02"}, second: 1, want: http.StatusPartialContent},
		"another run of an event that was given up": {err: fault.Permanent(errors.New("no")), call: calling{run: "02"}, second: 2},
		"another run that may":                      {spec: fn.Job{Reruns: true}, call: calling{run: "02"}, second: 2},
		"a run for another event":                   {call: calling{run: "02", ids: []string{uuid.NewString()}}, second: 2},
		"a run for an event of somebody else's":     {call: calling{run: "02", ids: []string{"01HX"}}, second: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &durabletest.Tally{}
			tt.spec.Events = []string{"test/e"}
			h := newTracked(t, durabletest.NewJob("jobs/task", tt.spec, func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
				c.Add("run")
				return nil, tt.err
			}))
			id := uuid.NewString()
			h.serve(calling{run: "01", ids: []string{id}})
			if tt.call.ids == nil {
				tt.call.ids = []string{id}
			}
			res := h.serve(tt.call)
			if got := c.Get("run"); got != tt.second {
				t.Errorf("the function ran %d times, want %d", got, tt.second)
			}
			if want := orElse(tt.want, http.StatusOK); tt.second == 1 &&
				(res.Code != want || !strings.Contains(res.Body.String(), "another run")) {
				t.Errorf("the run that had nothing to do says %d %s", res.Code, res.Body)
			}
		})
	}
}

// TestBatchKeepsItsOwn calls with an event that is another run's, one that is there
// twice, and one that is nobody's.
func TestBatchKeepsItsOwn(t *testing.T) {
	t.Parallel()
	taken, own := uuid.NewString(), uuid.NewString()
	var got []string
	spec := fn.Job{Events: []string{"test/e"}, Batch: fn.Batch{Size: 5, Wait: time.Second}}
	h := newTracked(t, batch("jobs/task", spec, func(ctx context.Context, in *[]durabletest.Input) (*durabletest.Output, error) {
		text := events.ID(ctx).String()
		for _, one := range *in {
			text += fmt.Sprint(" ", one.N)
		}
		got = append(got, text)
		return nil, nil
	}))
	h.serve(calling{run: "01", ids: []string{taken}})
	h.serve(calling{run: "02", ids: []string{taken, own, "01HX", own}})
	want := []string{taken + " 0", own + " 1 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the function got (-want +got):\n%s", diff)
	}
	if got := h.entries(own); len(got) != 1 || got[0].Outcome != "done" || got[0].Run != "02" {
		t.Errorf("its own event: %v", got)
	}
}

// batches is a job that handles several events at once.
type batches func(ctx context.Context, in *[]durabletest.Input) (*durabletest.Output, error)

func (f batches) Handle(ctx context.Context, in *[]durabletest.Input) (*durabletest.Output, error) {
	return f(ctx, in)
}

func batch(name string, spec fn.Job, f batches) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any { return job.New(f) }}
}

// TestWithoutTheDatabase expects that no function runs of which nobody would know.
func TestWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	c := &durabletest.Tally{}
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, durabletest.Count(c)))
	durabletest.Must(t, h.db.Close())
	h.LosePatience()
	res := h.serve(calling{run: "01", ids: []string{uuid.NewString()}})
	if res.Code != http.StatusServiceUnavailable || res.Header().Get(inngestgo.HeaderKeyNoRetry) != "" || len(c.All()) > 0 {
		t.Errorf("got %d %s, and ran %v; want 503, and nothing", res.Code, res.Body, c.All())
	}
}

// TestTheDatabaseGoes expects that a run is not over if that cannot be noted, unless
// there is no other try.
func TestTheDatabaseGoes(t *testing.T) {
	t.Parallel()
	for last, want := range map[bool]int{false: http.StatusServiceUnavailable, true: http.StatusOK} {
		t.Run(fmt.Sprintf("last %t", last), func(t *testing.T) {
			t.Parallel()
			var h *tracked
			h = newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
				return nil, h.db.Close()
			}))
			h.LosePatience()
			c := calling{run: "01", ids: []string{uuid.NewString()}}
			if last {
				c.attempt = 10
			}
			if res := h.serve(c); res.Code != want {
				t.Errorf("got %d %s, want %d", res.Code, res.Body, want)
			}
		})
	}
}

func TestListeners(t *testing.T) {
	t.Parallel()
	c := &durabletest.Tally{}
	h := newTracked(t,
		durabletest.NewJob("jobs/a", fn.Job{
			Events: []string{"test/a", "test/b"}, CancelOn: []fn.Cancel{{Event: "test/b"}, {Event: "test/d"}},
		}, durabletest.Count(c)),
		durabletest.NewJob("jobs/b", fn.Job{Events: []string{"test/b", "test/c"}, If: "event.data.n > 1"}, durabletest.Count(c)),
		durabletest.Fallible("jobs/c", fn.Job{Events: []string{"test/a"}, Singleton: fn.Singleton{On: true, Cancel: true}}, durabletest.Count(c), giveUp(c)),
		durabletest.Schedule("jobs/d", fn.Schedule{Cron: "* * * * *"}, nil),
		durabletest.NewJob("jobs/e", fn.Job{
			Events: []string{"test/e"},
			From:   []fn.Source{fn.SQS{Queue: "orders"}, fn.S3{Bucket: "inbox"}}, // of S3 it takes some only
		}, durabletest.Count(c)),
	)
	got := h.Listeners()
	for i, l := range got {
		if strings.HasPrefix(l.Function, durabletest.Slug("watch-")) {
			got[i].Function = "watch"
		}
	}
	want := []ledger.Listener{
		{Event: "aws.s3/inbox", Function: "watch"},
		{Event: "aws.sqs/orders", Function: durabletest.Slug("jobs-e")},
		{Event: "switchyard/canary", Function: "watch"},
		{Event: "test/a", Function: durabletest.Slug("jobs-a")},
		{Event: "test/a", Function: durabletest.Slug("jobs-c")},
		{Event: "test/b", Function: durabletest.Slug("jobs-a")},
		{Event: "test/c", Function: "watch"},
		{Event: "test/d", Function: "watch"},
		{Event: "test/e", Function: durabletest.Slug("jobs-e")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
