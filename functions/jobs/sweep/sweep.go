// Package sweep removes files whose upload was begun and never completed.
package sweep

import (
	"context"
	"fmt"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

// Spec is what the hosts know of it.
var Spec = fn.Schedule{
	Cron:    "17 * * * *",
	Summary: "Remove uploads that were not completed within a day",
	Timeout: time.Minute,
}

// Bounds of a run; what is left over is removed by the next.
const (
	age     = 24 * time.Hour
	batch   = 100 // files in one transaction
	batches = 50
)

// Function removes abandoned files.
type Function struct {
	Files  *files.Store
	Events *events.Bus
}

// Handle removes them batch by batch. For each, files.Deleted is published, upon which its
// objects are removed.
func (f Function) Handle(ctx context.Context) error {
	for i := range batches {
		n, err := step.Run(ctx, fmt.Sprintf("batch-%d", i+1), f.Sweep)
		if err != nil || n < batch {
			return err
		}
	}
	return nil
}

// Sweep removes one batch and returns how many files that were.
func (f Function) Sweep(ctx context.Context) (int, error) {
	return f.Files.DeleteAbandoned(ctx, f.Events, time.Now().Add(-age), batch)
}
