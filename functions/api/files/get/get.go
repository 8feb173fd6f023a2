// Package get answers with what is known of a file.
package get

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/files/{id}",
	Summary: "Get what is known of a file",
	Timeout: 10 * time.Second,
}

// Function looks files up.
type Function struct {
	Files *files.Store
}

// Input names the file.
type Input struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Output is the file, with its history.
type Output struct {
	Body files.Details
}

// Handle looks the file up. It fails with fault.NotFound if there is none.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	file, err := f.Files.Details(ctx, auth.UserFrom(ctx).ID, in.ID)
	if err != nil {
		return nil, err
	}
	return &Output{Body: file}, nil
}
