// Package ping answers at once.
package ping

import (
	"context"

	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{Route: "GET /isolation/good/ping", Access: fn.Public}

type Function struct{}

type Input struct{}

type Output struct{ Body string }

func (Function) Handle(context.Context, *Input) (*Output, error) { return &Output{Body: "pong"}, nil }
