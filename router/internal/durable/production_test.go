package durable_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inngest/inngestgo/group"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// TestProduction registers with a server that wants a key, and lets it run a job by
// signed calls.
func TestProduction(t *testing.T) {
	t.Parallel()
	s := durabletest.StartProduction(t)
	c := &durabletest.Tally{}
	s.Serve(t, append(durabletest.Steps("jobs/steps", c), parallel("jobs/parallel", c))...)
	testSteps(t, s, "steps", c)
	// Calls of parallel steps come within one second, and are no replays.
	if got := s.AwaitRun(s.Send(durabletest.Event("parallel", nil))); got.Status != "Completed" {
		t.Errorf("parallel steps: got %s %s", got.Status, got.Output)
	}
	// The signature of a large call is checked in another way before.
	key := strings.Repeat("große Köpfe & <b>\u2028\t", 1<<12)
	if got := s.AwaitRun(s.Send(durabletest.Event("steps", map[string]any{"z": 1e21, "key": key, "n": 1}))); got.Status != "Completed" {
		t.Errorf("a large call: got %s %s", got.Status, got.Output)
	}
	if n := s.Answers.Get("401"); n > 0 {
		t.Errorf("%d calls were refused", n)
	}
}

// parallel has many steps at once, each of which fails at first.
func parallel(name string, c *durabletest.Tally) function.Function {
	spec := fn.Job{Events: durabletest.EventsOf(name)}
	return durabletest.NewJob(name, spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		var branches []func(context.Context) (any, error)
		for n := range 10 {
			id := fmt.Sprint("branch ", n)
			branches = append(branches, func(ctx context.Context) (any, error) {
				return step.Run(ctx, id, func(context.Context) (int, error) {
					if c.Add(id) == 1 {
						return 0, fault.RetryAfter(time.Second, errors.New("not yet"))
					}
					return n, nil
				})
			})
		}
		return nil, group.Parallel(ctx, branches...).AnyError()
	})
}
