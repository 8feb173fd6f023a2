// Package deliver sends what a webhook is told, until it is delivered or was tried often enough.
package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/files/hooks"
	"switchyard/shared/fn"
)

var Spec = fn.Job{
	Events:  []string{hooks.EventDue},
	Summary: "Send a webhook, again and again if need be",
	Timeout: time.Minute, // the call gives up before
	// Slow receivers of one user hold up nobody else.
	Concurrency: fn.Concurrency{Limit: 5, Key: "event.data.ownerId"},
}

// Function sends webhooks.
type Function struct {
	Hooks   *hooks.Store
	Retries hooks.Retries
}

// Output is how often it was tried.
type Output struct {
	Attempts int `json:"attempts"`
}

// Handle tries the delivery until it has ended. Each attempt is a step: what it came to
// is in the delivery's log, and it fails only for reasons of ours.
func (f Function) Handle(ctx context.Context, in *hooks.Due) (*Output, error) {
	for n := 1; ; n++ {
		wait, err := step.Run(ctx, fmt.Sprintf("attempt-%d", n), func(ctx context.Context) (time.Duration, error) {
			return f.Hooks.Deliver(ctx, in.DeliveryID, f.next(n))
		})
		if err != nil || wait == 0 {
			return &Output{Attempts: n}, err
		}
		step.Sleep(ctx, fmt.Sprintf("wait-%d", n), wait)
	}
}

// next returns how long to wait after attempt n; 0 if it is the last.
func (f Function) next(n int) time.Duration {
	if n > len(f.Retries.Waits) {
		return 0
	}
	return f.Retries.Waits[n-1]
}

// Failed ends the delivery of a run that has given up.
func (f Function) Failed(ctx context.Context, in *hooks.Due, _ error) error {
	return f.Hooks.GiveUp(ctx, in.DeliveryID)
}
