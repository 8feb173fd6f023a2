// Package deleteownerless deletes the files of an account that was deleted.
package deleteownerless

import (
	"context"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/files/batches"
	"switchyard/shared/fn"
)

var Spec = fn.Job{
	Events:  []string{auth.EventUserDeleted},
	Summary: "Delete the files of a deleted account",
	Timeout: time.Minute,
}

// Bounds of a run; what is left over is deleted by the schedule deleteabandoned.
const (
	batch = 100 // files in one transaction
	times = 100
)

// Function deletes files.
type Function struct {
	Files  *files.Store
	Events *events.Bus
}

// Output is nothing.
type Output struct{}

// Handle deletes, batch by batch, all files that have no owner: the database took
// the owner off them when it deleted the account, so that whose they were is not
// known any more. For each, files.Deleted is published, upon which its objects are
// deleted, the bytes of an upload that is still under way among them.
func (f Function) Handle(ctx context.Context, _ *auth.UserDeleted) (*Output, error) {
	if err := batches.Run(ctx, "batch", batch, times, f.deleteBatch); err != nil {
		return nil, err
	}
	return &Output{}, nil
}

// deleteBatch deletes one batch and returns how many files that were. It may be
// repeated.
func (f Function) deleteBatch(ctx context.Context) (int, error) {
	return f.Files.DeleteOwnerless(ctx, f.Events, batch)
}
