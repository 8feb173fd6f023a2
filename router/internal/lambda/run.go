package lambda

import (
	"context"
	"time"

	sdk "github.com/aws/aws-lambda-go/lambda"
)

// patience is how long events that are being handled may take after SIGTERM. Lambda
// sends SIGKILL half a second after it.
const patience = 300 * time.Millisecond

// Run takes events from Lambda, as many at once as AWS_LAMBDA_MAX_CONCURRENCY says,
// until SIGTERM or the end of ctx. It ends the process if Lambda's API does not
// answer as it should, and may be called once.
func (h *Host) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var handler any = h
	if h.config.Stream {
		handler = func(ctx context.Context, p raw) (any, error) { return h.stream(ctx, p) }
	}
	// The end of ctx must not end what is being handled.
	base := sdk.WithContext(context.WithoutCancel(ctx))
	go sdk.StartWithOptions(handler, base, sdk.WithEnableSIGTERM(stop))
	<-ctx.Done()
	h.drain(patience)
	return nil
}

// drain returns when nothing is being handled, or after d. Nothing new begins.
func (h *Host) drain(d time.Duration) {
	idle := make(chan struct{})
	go func() {
		h.busy.Lock()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(d):
	}
}

// raw is an event that aws-lambda-go does not decode.
type raw []byte

// UnmarshalJSON keeps b, which is the decoder's and is not used again.
func (r *raw) UnmarshalJSON(b []byte) error {
	*r = b
	return nil
}
