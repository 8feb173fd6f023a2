// Package ping answers.
package ping

import (
	"context"

	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/ping",
	Summary: "Answer",
	Access:  fn.Public,
}

type Function struct{}

type Input struct{}

type Output struct {
	Body struct {
		OK bool `json:"ok"`
	}
}

// Handle answers.
func (Function) Handle(context.Context, *Input) (*Output, error) {
	var out Output
	out.Body.OK = true
	return &out, nil
}
