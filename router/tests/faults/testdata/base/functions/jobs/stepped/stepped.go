// Package stepped handles an event in three steps, and can be held back after the
// first.
package stepped

import (
	"context"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/db"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Job{
	Events:  []string{"orders/stepped"},
	Summary: "Leave an effect after three steps",
	Timeout: time.Minute,
}

type Function struct{ DB *db.DB }

type Output struct{}

func (f Function) Handle(ctx context.Context, in *orders.Stepped) (*Output, error) {
	run := func(name string) error {
		_, err := step.Run(ctx, name, func(ctx context.Context) (int, error) { return orders.Step(ctx, f.DB, name, orders.Order(*in)) })
		return err
	}
	if err := run("one"); err != nil {
		return nil, err
	}
	if err := orders.Wait(ctx, f.DB, "stepped"); err != nil {
		return nil, err
	}
	if err := run("two"); err != nil {
		return nil, err
	}
	if err := run("three"); err != nil {
		return nil, err
	}
	return step.Run(ctx, "effect", func(ctx context.Context) (*Output, error) {
		return &Output{}, orders.Effect(ctx, f.DB, "stepped", orders.Order(*in))
	})
}
