// Package hog is a function that takes much memory. It stands below a folder called functions
// as those of a project do: by that it is known who holds memory.
package hog

import (
	"context"

	"switchyard/shared/fn"
)

// Spec describes the endpoint.
var Spec = fn.Endpoint{Route: "GET /api/hog", Access: fn.Public}

// Function is the endpoint.
type Function struct{}

// Input is what is asked for.
type Input struct {
	MiB int `query:"mib"`
}

// Output is empty.
type Output struct{}

// Handle takes so much, and if that is anything holds it until the call ends.
func (Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	if in.MiB == 0 {
		return &Output{}, nil
	}
	held := make([][]byte, in.MiB)
	for i := range held {
		held[i] = make([]byte, 1<<20)
	}
	<-ctx.Done()
	held[0][0]++
	return nil, ctx.Err()
}
