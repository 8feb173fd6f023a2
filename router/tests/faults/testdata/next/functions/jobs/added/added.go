// Package added handles the event orders/added in one step.
package added

import (
	"context"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/db"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Job{Events: []string{"orders/added"}, Summary: "Leave an effect"}

type Function struct{ DB *db.DB }

type Output struct{}

func (f Function) Handle(ctx context.Context, in *orders.Added) (*Output, error) {
	return step.Run(ctx, "effect", func(ctx context.Context) (*Output, error) {
		return &Output{}, orders.Effect(ctx, f.DB, "added", orders.Order(*in))
	})
}
