package lambda

import (
	"context"
	"math"
	"runtime/debug"
	"time"

	sdk "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// patience bounds the time that events which are being handled may take after SIGTERM. Lambda
// sends SIGKILL half a second after it.
const patience = 300 * time.Millisecond

// Run takes events from Lambda, as many at once as AWS_LAMBDA_MAX_CONCURRENCY says,
// until SIGTERM or the end of ctx. It ends the process if Lambda's API does not answer
// as it should, and may be called once.
func (h *Host) Run(ctx context.Context) error {
	collectLess()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// The end of ctx must not end what is being handled.
	options := []sdk.Option{sdk.WithContext(context.WithoutCancel(ctx))}
	if h.config.NeedsSIGTERM {
		options = append(options, sdk.WithEnableSIGTERM(stop))
	}
	go sdk.StartWithOptions(h.handler(), options...)
	<-ctx.Done()
	h.drain(patience)
	return nil
}

// handler returns the host in the form that aws-lambda-go takes.
func (h *Host) handler() any {
	if !h.config.Stream {
		return h
	}
	return func(ctx context.Context, p raw) (any, error) { return h.stream(ctx, p) }
}

// collectLess lets the garbage collector run a quarter as often unless memory gets
// scarce: what it would save is paid for anyway, and the time that it takes too. What
// GOGC and GOMEMLIMIT say otherwise holds.
func collectLess() {
	const usual, rare = 100, 400
	if before := debug.SetGCPercent(rare); before != usual {
		debug.SetGCPercent(before)
	}
	if memory := int64(lambdacontext.MemoryLimitInMB) << 20; memory > 0 && debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memory / 4 * 3) // the rest is for stacks, code and the kernel
	}
}

// drain returns when nothing is being handled. If something is, or was a moment ago, it gives it
// all of d, for nobody tells when the reply has been sent.
func (h *Host) drain(d time.Duration) {
	if !h.busy.TryLock() || time.Since(time.Unix(0, h.ended.Load())) < d {
		time.Sleep(d)
	}
}

// raw is an event that aws-lambda-go does not decode.
type raw []byte

// UnmarshalJSON keeps b, which is the decoder's and is not used again.
func (r *raw) UnmarshalJSON(b []byte) error {
	*r = b
	return nil
}
