package durabletest

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/shared/fn"
)

// Input is what the jobs of the tests take.
type Input struct {
	Key string `json:"key"`
	N   int64  `json:"n"`
}

// Output is what they return.
type Output struct {
	Sum int `json:"sum"`
}

// Task is a job that does whatever its function says.
type Task func(ctx context.Context, in *Input) (*Output, error)

// Handle calls the function.
func (f Task) Handle(ctx context.Context, in *Input) (*Output, error) { return f(ctx, in) }

// taskThatMayFail also has the other half.
type taskThatMayFail struct {
	Task
	failed func(ctx context.Context, in *Input, cause error) error
}

// Failed implements the other half of a job.
func (f taskThatMayFail) Failed(ctx context.Context, in *Input, cause error) error {
	return f.failed(ctx, in, cause)
}

// Clock is a schedule that does whatever its function says.
type Clock func(ctx context.Context) error

// Handle calls the function.
func (f Clock) Handle(ctx context.Context) error { return f(ctx) }

// NewJob returns the job called name.
func NewJob(name string, spec fn.Job, f Task) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any { return job.New(f) }}
}

// Fallible returns a job that wants to know of failures.
func Fallible(name string, spec fn.Job, f Task, failed func(context.Context, *Input, error) error) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any {
		return job.New(taskThatMayFail{f, failed})
	}}
}

// Schedule returns the schedule called name.
func Schedule(name string, spec fn.Schedule, f Clock) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any { return job.NewSchedule(f) }}
}

// Tally counts what happens in functions.
type Tally struct {
	mu     sync.Mutex
	counts map[string]int
}

// Add counts what and returns how often it has happened by now.
func (c *Tally) Add(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[what]++
	return c.counts[what]
}

// Get returns how often what has happened.
func (c *Tally) Get(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[what]
}

// Await waits until what has happened, or ctx ends.
func (c *Tally) Await(ctx context.Context, what string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for c.Get(what) == 0 && ctx.Err() == nil {
		<-tick.C
	}
}

// All returns a copy of the counts.
func (c *Tally) All() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]int{}
	maps.Copy(all, c.counts)
	return all
}

// Plain is a job that counts its runs.
func Plain(name string, c *Tally) function.Function {
	return NewJob(name, fn.Job{Events: []string{"test/" + strings.TrimPrefix(name, "jobs/")}}, func(context.Context, *Input) (*Output, error) {
		c.Add(name)
		return &Output{}, nil
	})
}

// Event is an event for the story called name.
func Event(name string, data map[string]any) map[string]any {
	return map[string]any{"name": "test/" + name, "data": data}
}

// EventsOf returns the events to which the job of a story listens.
func EventsOf(name string) []string {
	return []string{"test/" + strings.TrimPrefix(name, "jobs/")}
}

// CountedStep is a step that only counts that it ran.
func CountedStep(ctx context.Context, c *Tally, id string) (int, error) {
	return step.Run(ctx, id, func(context.Context) (int, error) { return c.Add(id), nil })
}

// Steps returns a job of three steps that adds up what they return.
func Steps(name string, c *Tally) []function.Function {
	return []function.Function{NewJob(name, fn.Job{Events: EventsOf(name)}, func(ctx context.Context, in *Input) (*Output, error) {
		sum := int(in.N)
		for _, id := range []string{"one", "two", "three"} {
			n, err := CountedStep(ctx, c, id)
			if err != nil {
				return nil, err
			}
			sum += n
		}
		return &Output{Sum: sum}, nil
	})}
}

// Count is a job without steps.
func Count(c *Tally) Task {
	return func(_ context.Context, in *Input) (*Output, error) {
		c.Add(in.Key)
		return nil, nil
	}
}

// SlowStep is a step that takes d.
func SlowStep(ctx context.Context, c *Tally, id string, d time.Duration) (int, error) {
	return step.Run(ctx, id, func(context.Context) (int, error) {
		n := c.Add(id)
		time.Sleep(d) // the work
		c.Add(id + " done")
		return n, nil
	})
}
