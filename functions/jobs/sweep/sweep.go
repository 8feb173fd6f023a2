// Package sweep removes files that nobody will miss: those whose upload was begun
// and never completed, and those whose owner's account is gone.
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
	Summary: "Remove uploads that were not completed within a day, and files without an owner",
	Timeout: time.Minute,
}

// Bounds of a run; what is left over is removed by the next.
const (
	age     = 24 * time.Hour
	batch   = 100 // files in one transaction
	batches = 50  // of each sort
)

// Function removes such files.
type Function struct {
	Files  *files.Store
	Events *events.Bus
}

// Handle removes them batch by batch. For each, files.Deleted is published, upon which its
// objects are removed.
//
// Files without an owner are left by whoever deletes an account without saying so,
// such as another program with the same database, and by a purge that had too many.
func (f Function) Handle(ctx context.Context) error {
	if err := inBatches(ctx, "abandoned", f.Abandoned); err != nil {
		return err
	}
	return inBatches(ctx, "ownerless", f.Ownerless)
}

// inBatches repeats remove until it finds too little to fill a batch.
func inBatches(ctx context.Context, name string, remove func(context.Context) (int, error)) error {
	for i := range batches {
		n, err := step.Run(ctx, fmt.Sprintf("%s-%d", name, i+1), remove)
		if err != nil || n < batch {
			return err
		}
	}
	return nil
}

// Abandoned removes one batch of uploads that were not completed, and returns how
// many files that were.
func (f Function) Abandoned(ctx context.Context) (int, error) {
	return f.Files.DeleteAbandoned(ctx, f.Events, time.Now().Add(-age), batch)
}

// Ownerless removes one batch of files without an owner, and returns how many that
// were.
func (f Function) Ownerless(ctx context.Context) (int, error) {
	return f.Files.DeleteOwnerless(ctx, f.Events, batch)
}
