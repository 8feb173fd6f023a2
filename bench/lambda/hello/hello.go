// Package hello answers with a greeting: a function without services, which is built
// as if it stood in functions/api/hello.
package hello

import (
	"context"

	"switchyard/shared/fn"
)

// Spec lets everybody in: who measures has no account.
var Spec = fn.Endpoint{ //nolint:gochecknoglobals // as every function's
	Route:   "GET /hello",
	Summary: "Greet",
	Access:  fn.Public,
}

// Function needs nothing.
type Function struct{}

// Input is nothing.
type Input struct{}

// Output is the greeting.
type Output struct {
	Body struct {
		Message string `json:"message"`
	}
}

// Handle greets.
func (Function) Handle(context.Context, *Input) (*Output, error) {
	var out Output
	out.Body.Message = "hello"
	return &out, nil
}
