// Package recount counts what each user's files take, once a day, so that a number that is
// wrong does not stay so.
package recount

import (
	"context"
	"time"

	"switchyard/shared/files"
	"switchyard/shared/files/batches"
	"switchyard/shared/fn"
)

var Spec = fn.Schedule{
	Cron:    "37 * * * *",
	Summary: "Count anew what users' files take, of those whose files were not counted for a day",
	Timeout: time.Minute,
}

// Bounds of a run; what is left over is counted by the next. Nobody of a batch can add a file
// while it is counted, so it is a small one.
const (
	age   = 24 * time.Hour
	batch = 20 // users, or deleted files, in one transaction
	times = 100
)

// Function counts.
type Function struct {
	Files *files.Store
}

// Handle counts batch by batch, those first who were not counted for longest. Before that, what
// deleted files count for is freed if the run was lost that would have done it.
func (f Function) Handle(ctx context.Context) error {
	if err := batches.Run(ctx, "lost", batch, times, f.freeBatch); err != nil {
		return err
	}
	return batches.Run(ctx, "batch", batch, times, f.countBatch)
}

// freeBatch frees the room of one batch of deleted files and returns how many that were. It may
// be repeated.
func (f Function) freeBatch(ctx context.Context) (int, error) {
	return f.Files.FreeLost(ctx, time.Now().Add(-age), batch)
}

// countBatch counts the files of one batch of users and returns how many users that were. It
// may be repeated.
func (f Function) countBatch(ctx context.Context) (int, error) {
	return f.Files.Recount(ctx, time.Now().Add(-age), batch)
}
