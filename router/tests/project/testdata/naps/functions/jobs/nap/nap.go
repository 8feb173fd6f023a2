// Package nap sleeps between two steps.
package nap

import (
	"context"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/fn"
	"switchyard/shared/naps"
)

var Spec = fn.Job{
	Events:  []string{"naps/wanted"},
	Summary: "Sleep between two steps",
	Timeout: time.Minute,
}

type Function struct{}

type Output struct{}

func (Function) Handle(ctx context.Context, in *naps.Wanted) (*Output, error) {
	note := func(name string) error {
		_, err := step.Run(ctx, name, func(context.Context) (int, error) { return 0, in.Note(name) })
		return err
	}
	if err := note("before"); err != nil {
		return nil, err
	}
	step.Sleep(ctx, "nap", time.Duration(in.Seconds)*time.Second)
	return &Output{}, note("after")
}
