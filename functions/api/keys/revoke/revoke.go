// Package revoke ends a key: the machine that has it is let in no more.
package revoke

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "DELETE /api/keys/{id}",
	Summary: "Revoke a key",
	Timeout: 10 * time.Second,
}

// Function revokes keys.
type Function struct {
	Keys *apikey.Store
}

// Input names the key.
type Input struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Output is nothing.
type Output struct{}

// Handle revokes the key. It fails with fault.NotFound if the caller has none with
// this id.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	if err := f.Keys.Revoke(ctx, auth.UserFrom(ctx).ID, in.ID); err != nil {
		return nil, err
	}
	return &Output{}, nil
}
