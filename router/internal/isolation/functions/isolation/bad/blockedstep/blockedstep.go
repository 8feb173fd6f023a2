// Package blockedstep is a job with a step that never ends.
package blockedstep

import (
	"context"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/fn"
)

var Spec = fn.Job{Events: []string{"isolation/begun"}, Timeout: 2 * time.Second, Retries: -1}

type Function struct{}

type Input struct{}

func (Function) Handle(ctx context.Context, _ *Input) (*Input, error) {
	return step.Run(ctx, "blocked", func(context.Context) (*Input, error) {
		<-make(chan struct{})
		return nil, nil
	})
}
