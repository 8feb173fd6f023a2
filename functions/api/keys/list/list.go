// Package list answers with the keys of the caller's machines.
package list

import (
	"context"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/keys",
	Summary: "List your keys, newest first",
	Timeout: 10 * time.Second,
}

// Function lists keys.
type Function struct {
	Keys *apikey.Store
}

// Input is nothing.
type Input struct{}

// Output is all keys: there are no more than apikey.MaxKeys.
type Output struct {
	Body struct {
		Keys []apikey.Key `json:"keys" nullable:"false" doc:"What is known of them; the keys themselves cannot be had again"`
	}
}

// Handle lists the caller's keys.
func (f Function) Handle(ctx context.Context, _ *Input) (*Output, error) {
	keys, err := f.Keys.List(ctx, auth.UserFrom(ctx).ID)
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.Keys = keys
	return &out, nil
}
