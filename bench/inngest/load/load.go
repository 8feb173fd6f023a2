// Package load has jobs that do nothing, in steps: what they take is what running jobs
// costs. The router under test is built as if it stood in functions/jobs/load.
package load

import (
	"context"
	"fmt"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/fn"
)

// Case is one job: how many steps it has, and how many of them go on at once.
type Case struct {
	Limit int // of concurrency
	Steps int
	Batch int // how many events one run handles at most; 0 for one each
}

// Cases are all jobs of the program.
func Cases() []Case {
	var all []Case
	for _, steps := range []int{1, 4} {
		for _, limit := range []int{1, 10, 100} {
			all = append(all, Case{Limit: limit, Steps: steps})
		}
		all = append(all, Case{Limit: 10, Steps: steps, Batch: 100})
	}
	return all
}

// ID is a word for the case.
func (c Case) ID() string { return fmt.Sprintf("limit%dsteps%dbatch%d", c.Limit, c.Steps, c.Batch) }

// Spec describes the job.
func (c Case) Spec() fn.Job {
	spec := fn.Job{
		Events:      []string{"bench/" + c.ID()},
		Summary:     "Do nothing",
		Concurrency: fn.Concurrency{Limit: c.Limit},
	}
	if c.Batch > 0 {
		spec.Batch = fn.Batch{Size: c.Batch, Wait: time.Second}
	}
	return spec
}

// Input is the event's data.
type Input struct {
	N int `json:"n"`
}

// Output is the result.
type Output struct {
	Steps int `json:"steps"`
}

// Function is a job.
type Function struct{ Case Case }

// Handle takes the steps.
func (f Function) Handle(ctx context.Context, _ *Input) (*Output, error) { return f.Case.take(ctx) }

// Batched is a job whose runs handle several events.
type Batched struct{ Case Case }

// Handle takes the steps.
func (f Batched) Handle(ctx context.Context, _ *[]Input) (*Output, error) { return f.Case.take(ctx) }

// take takes the steps.
func (c Case) take(ctx context.Context) (*Output, error) {
	var out Output
	for i := range c.Steps {
		n, err := step.Run(ctx, fmt.Sprintf("step %d", i+1), func(context.Context) (int, error) { return 1, nil })
		if err != nil {
			return nil, err
		}
		out.Steps += n
	}
	return &out, nil
}
