// Package doomed is gone in the next version, in which its runs cannot go on.
package doomed

import (
	"context"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/db"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Job{
	Events:  []string{"orders/doomed"},
	Summary: "Stand between two steps while held back",
	Timeout: time.Minute,
	Retries: 3,
}

type Function struct{ DB *db.DB }

type Output struct{}

func (f Function) Handle(ctx context.Context, in *orders.Doomed) (*Output, error) {
	_, err := step.Run(ctx, "one", func(ctx context.Context) (int, error) { return orders.Step(ctx, f.DB, "one", orders.Order(*in)) })
	if err != nil {
		return nil, err
	}
	if err := orders.Wait(ctx, f.DB, "doomed"); err != nil {
		return nil, err
	}
	return step.Run(ctx, "effect", func(ctx context.Context) (*Output, error) {
		return &Output{}, orders.Effect(ctx, f.DB, "doomed", orders.Order(*in))
	})
}
