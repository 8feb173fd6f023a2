// Package unshare revokes a link to a file.
package unshare

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "DELETE /api/files/{id}/shares/{shareId}",
	Summary: "Revoke a link to a file",
	Timeout: 10 * time.Second,
}

// Function revokes links.
type Function struct {
	Shares *shares.Store
}

// Input names the link.
type Input struct {
	ID      uuid.UUID `path:"id" format:"uuid"`
	ShareID uuid.UUID `path:"shareId" format:"uuid"`
}

// Output is nothing.
type Output struct{}

// Handle revokes the link. It fails with fault.NotFound if there is none.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	return &Output{}, f.Shares.Revoke(ctx, auth.UserFrom(ctx).ID, in.ID, in.ShareID)
}
