// Package shares answers with the links to a file.
package shares

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/files"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/files/{id}/shares",
	Summary: "List the links to a file",
	Timeout: 10 * time.Second,
}

// Function lists links.
type Function struct {
	Files  *files.Store
	Shares *shares.Store
}

// Input names the file.
type Input struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Output has the links, without their tokens.
type Output struct {
	Body struct {
		Shares []shares.Share `json:"shares" nullable:"false"`
	}
}

// Handle lists them, oldest first. It fails with fault.NotFound if there is no such file.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	owner := auth.UserFrom(ctx).ID
	if _, err := f.Files.Get(ctx, owner, in.ID); err != nil {
		return nil, err
	}
	var out Output
	var err error
	out.Body.Shares, err = f.Shares.List(ctx, owner, in.ID)
	return &out, err
}
