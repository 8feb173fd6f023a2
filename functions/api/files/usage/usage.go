// Package usage answers with what the caller's files take, and what they may take.
package usage

import (
	"context"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/files/usage",
	Summary: "How much room the files take, and how much there is",
	Timeout: 10 * time.Second,
}

// Function looks it up.
type Function struct {
	Files *files.Store
}

// Input is nothing.
type Input struct{}

// Output is the usage.
type Output struct {
	Body files.Usage
}

// Handle looks it up.
func (f Function) Handle(ctx context.Context, _ *Input) (*Output, error) {
	u, err := f.Files.Usage(ctx, auth.UserFrom(ctx).ID)
	if err != nil {
		return nil, err
	}
	return &Output{Body: u}, nil
}
