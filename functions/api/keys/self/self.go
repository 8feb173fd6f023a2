// Package self tells a machine whose key it has, by which it can test the key.
package self

import (
	"context"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/keys/self",
	Summary: "Say whose key this is",
	Access:  fn.Service,
	Timeout: 10 * time.Second,
}

// Function needs nothing but the call.
type Function struct{}

// Input is nothing: the key is in the header Authorization.
type Input struct{}

// Output is what is known of the key, and for whom it acts.
type Output struct {
	Body struct {
		Key   apikey.Key `json:"key"`
		Owner struct {
			ID    string `json:"id"`
			Name  string `json:"name"`
			Email string `json:"email" format:"email"`
		} `json:"owner" doc:"The user on whose behalf the machine acts"`
	}
}

// Handle answers with the key that was presented. It fails with fault.Unauthorized
// if none was.
func (Function) Handle(ctx context.Context, _ *Input) (*Output, error) {
	key, ok := apikey.From(ctx)
	if !ok {
		return nil, fault.New(fault.Unauthorized, "This is for machines that have a key.")
	}
	user := auth.UserFrom(ctx)
	var out Output
	out.Body.Key = key
	out.Body.Owner.ID, out.Body.Owner.Name, out.Body.Owner.Email = user.ID, user.Name, user.Email
	return &out, nil
}
