// Package remove deletes a file.
package remove

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "DELETE /api/files/{id}",
	Summary: "Delete a file",
	Timeout: 10 * time.Second,
}

// Function deletes files.
type Function struct {
	Files  *files.Store
	Events *events.Bus
}

// Input names the file.
type Input struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Output is nothing.
type Output struct{}

// Handle deletes the file and publishes files.Deleted, upon which its bytes are
// removed from the bucket. It fails with fault.NotFound if there is none.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	if err := f.Files.Delete(ctx, f.Events, auth.UserFrom(ctx).ID, in.ID); err != nil {
		return nil, err
	}
	return &Output{}, nil
}
