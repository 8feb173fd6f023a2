package answer

import "context"

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
}

type callKey struct{}

// With returns a context that carries c.
func With(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
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
