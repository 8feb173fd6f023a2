package answer

import (
	"context"

	"switchyard/shared/fn"
)

// Call is what the parts that handle one request know of it. The host makes it,
// and reads it again when it logs the request.
type Call struct {
	// RequestID names the request in logs and problem documents.
	RequestID string
	// Function is the name of the function that handles it, Run Inngest's id of the run
	// of a job, and TraceID that of the trace it belongs to, in hexadecimal digits; "" if
	// there is none.
	Function, Run, TraceID string
	// Problem is how it ended, if it did not end well.
	Problem *Problem
	// Running is the call of the function, once it has begun.
	Running fn.Call
	// Reports says that what the function reports, by fn.Report, is the Problem.
	Reports bool

	carrier carrier // the first one
}

type callKey struct{}

// With returns a context that carries c, and for services c.Running. The first one is a part
// of c.
func With(ctx context.Context, c *Call) context.Context {
	carrying := &c.carrier
	if carrying.call != nil {
		carrying = &carrier{}
	}
	carrying.Context, carrying.call = ctx, c
	return carrying
}

// carrier is a context with all that.
type carrier struct {
	context.Context //nolint:containedctx // it is one

	call *Call
}

// Value implements [context.Context].
func (c *carrier) Value(key any) any {
	switch key.(type) {
	case callKey:
		return c.call
	case fn.CallKey:
		return &c.call.Running
	case fn.ReportKey:
		if c.call.Reports {
			return func(err error) { _ = For(c, err) }
		}
	}
	return c.Context.Value(key)
}

// CallOf returns the call that ctx carries, or nil.
func CallOf(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// RequestID returns the id of the request that ctx belongs to, or "" outside a
// request.
func RequestID(ctx context.Context) string {
	if c := CallOf(ctx); c != nil {
		return c.RequestID
	}
	return ""
}
