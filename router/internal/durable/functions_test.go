package durable_test

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/shared/fn"
)

// input is what the jobs of the tests take.
type input struct {
	Key string `json:"key"`
	N   int64  `json:"n"`
}

type output struct {
	Sum int `json:"sum"`
}

// task is a job that does whatever its function says.
type task func(ctx context.Context, in *input) (*output, error)

func (f task) Handle(ctx context.Context, in *input) (*output, error) { return f(ctx, in) }

// taskThatMayFail also has the other half.
type taskThatMayFail struct {
	task
	failed func(ctx context.Context, in *input, cause error) error
}

func (f taskThatMayFail) Failed(ctx context.Context, in *input, cause error) error {
	return f.failed(ctx, in, cause)
}

type clock func(ctx context.Context) error

func (f clock) Handle(ctx context.Context) error { return f(ctx) }

func newJob(name string, spec fn.Job, f task) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any { return job.New(f) }}
}

func fallible(name string, spec fn.Job, f task, failed func(context.Context, *input, error) error) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any {
		return job.New(taskThatMayFail{f, failed})
	}}
}

func schedule(name string, spec fn.Schedule, f clock) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any { return job.NewSchedule(f) }}
}

// tally counts what happens in functions.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

// add counts what and returns how often it has happened by now.
func (c *tally) add(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[what]++
	return c.counts[what]
}

func (c *tally) get(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[what]
}

// await waits until what has happened, or ctx ends.
func (c *tally) await(ctx context.Context, what string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for c.get(what) == 0 && ctx.Err() == nil {
		<-tick.C
	}
}

// all returns a copy of the counts.
func (c *tally) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]int{}
	maps.Copy(all, c.counts)
	return all
}

// testLog writes to the test's log.
func testLog(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
