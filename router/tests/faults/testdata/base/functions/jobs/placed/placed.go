// Package placed handles the event orders/placed in one step.
package placed

import (
	"context"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/db"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Job{Events: []string{"orders/placed"}, Summary: "Leave an effect", Timeout: 20 * time.Second, Retries: 20}

type Function struct{ DB *db.DB }

type Output struct{}

func (f Function) Handle(ctx context.Context, in *orders.Placed) (*Output, error) {
	return step.Run(ctx, "effect", func(ctx context.Context) (*Output, error) {
		return &Output{}, orders.Effect(ctx, f.DB, "placed", orders.Order(*in))
	})
}
