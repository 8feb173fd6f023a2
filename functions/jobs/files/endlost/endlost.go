// Package endlost ends what nobody else would end: the processing of files, and deliveries to
// webhooks, whose runs were lost.
package endlost

import (
	"context"
	"fmt"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/files/hooks"
	"switchyard/shared/fn"
)

var Spec = fn.Schedule{
	Cron:    "47 * * * *",
	Summary: "End the processing of files, and deliveries to webhooks, whose runs were lost",
	Timeout: time.Minute,
}

// Bounds of a run; what is left over is ended by the next. No run takes as long as age, whatever
// else there is to do.
const (
	age     = 24 * time.Hour
	batch   = 100 // in one step
	batches = 50  // of each sort
)

// Function ends them.
type Function struct {
	Files  *files.Store
	Hooks  *hooks.Store
	Events *events.Bus
}

// Handle ends them batch by batch. A run that was not lost finds its file, or its delivery, ended,
// and does nothing.
func (f Function) Handle(ctx context.Context) error {
	if err := inBatches(ctx, "files", f.EndFiles); err != nil {
		return err
	}
	return inBatches(ctx, "deliveries", f.EndDeliveries)
}

// inBatches repeats end until it finds too little to fill a batch.
func inBatches(ctx context.Context, name string, end func(context.Context) (int, error)) error {
	for i := range batches {
		n, err := step.Run(ctx, fmt.Sprintf("%s-%d", name, i+1), end)
		if err != nil || n < batch {
			return err
		}
	}
	return nil
}

// EndFiles ends the processing of one batch of files, and returns how many that were.
func (f Function) EndFiles(ctx context.Context) (int, error) {
	return f.Files.FailLost(ctx, f.Events, time.Now().Add(-age), batch)
}

// EndDeliveries ends one batch of deliveries, and returns how many that were.
func (f Function) EndDeliveries(ctx context.Context) (int, error) {
	return f.Hooks.GiveUpLost(ctx, time.Now().Add(-age), batch)
}
