// Package create makes a key for a machine and shows it, this once.
package create

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/keys",
	Summary: "Make a key for a machine",
	Status:  http.StatusCreated,
	Timeout: 10 * time.Second,
	MaxBody: 4 << 10,
}

// Function makes keys.
type Function struct {
	Keys *apikey.Store
}

// Input says what the key is for.
type Input struct {
	Body struct {
		Name          string `json:"name" minLength:"1" maxLength:"100" doc:"What it is called: any text without control characters" example:"Nightly backup"`
		ExpiresInDays int    `json:"expiresInDays,omitempty" minimum:"0" maximum:"3650" doc:"How long it works; for ever if 0 or not given" example:"90"`
	}
}

// Output is the key.
type Output struct {
	Body struct {
		Key    apikey.Key `json:"key"`
		Secret string     `json:"secret" doc:"The key itself, which is shown only now. A machine sends it as the header Authorization: Bearer …"`
	}
}

// Handle makes a key that acts for the caller. It fails with fault.Invalid if the
// name cannot be, and with fault.Conflict if the caller has too many keys.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	life := time.Duration(in.Body.ExpiresInDays) * 24 * time.Hour
	key, secret, err := f.Keys.Create(ctx, auth.UserFrom(ctx).ID, in.Body.Name, life)
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.Key, out.Body.Secret = key, secret
	return &out, nil
}
