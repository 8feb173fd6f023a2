// Package share makes a link by which anybody who has it gets a file.
package share

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:     "POST /api/files/{id}/shares",
	Summary:   "Make a link to a file",
	Status:    http.StatusCreated,
	Timeout:   10 * time.Second,
	MaxBody:   4 << 10,
	RateLimit: fn.Rate{Limit: 60, Per: time.Minute},
}

// Function makes links.
type Function struct {
	Shares *shares.Store
}

// Input is what the link is to be.
type Input struct {
	ID   uuid.UUID `path:"id" format:"uuid"`
	Body struct {
		Password  string     `json:"password,omitempty" minLength:"8" maxLength:"72" doc:"Asked for before the file is shown; none if not given"`
		ExpiresAt *time.Time `json:"expiresAt,omitempty" doc:"Within a year; never if not given"`
	}
}

// Output is the link.
type Output struct {
	Body struct {
		Share shares.Share `json:"share"`
		URL   string       `json:"url" doc:"The link. It is not kept, and cannot be shown again"`
	}
}

// Handle makes the link. It fails as [shares.Store.Create] does.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	share, token, err := f.Shares.Create(ctx, auth.UserFrom(ctx).ID, in.ID, shares.New{Password: in.Body.Password, ExpiresAt: in.Body.ExpiresAt})
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.Share, out.Body.URL = share, f.Shares.Link(token)
	return &out, nil
}
