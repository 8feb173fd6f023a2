// Package moved handles the event orders/moved in one step.
package moved

import (
	"context"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/db"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Job{Events: []string{"orders/moved"}, Summary: "Leave an effect", Timeout: 20 * time.Second, Retries: 20}

type Function struct{ DB *db.DB }

type Output struct{}

func (f Function) Handle(ctx context.Context, in *orders.Moved) (*Output, error) {
	return step.Run(ctx, "effect", func(ctx context.Context) (*Output, error) {
		return &Output{}, orders.Effect(ctx, f.DB, "moved", orders.Order(*in))
	})
}
