package logger

import (
	"context"
	"log/slog"

	"switchyard/router/internal/answer"
)

// named adds to each line which function wrote it, for whose request, or in which run. A
// name that the line has itself stays as it is.
type named struct{ slog.Handler }

// Handle implements [slog.Handler].
func (n named) Handle(ctx context.Context, r slog.Record) error {
	c := answer.CallOf(ctx)
	if c == nil {
		return n.Handler.Handle(ctx, r)
	}
	r = r.Clone()
	for _, a := range [...]slog.Attr{
		slog.String("function", c.Function), slog.String("requestId", c.RequestID),
		slog.String("run", c.Run), slog.String("traceId", c.TraceID),
	} {
		if a.Value.String() != "" && !has(r, a.Key) {
			r.AddAttrs(a)
		}
	}
	return n.Handler.Handle(ctx, r)
}

// InRun returns a context in which lines are about Inngest's run of the function, and about
// the request of Inngest's that ctx is of, if it is of one.
func InRun(ctx context.Context, function, run string) context.Context {
	c := answer.Call{Function: function, Run: run}
	if outer := answer.CallOf(ctx); outer != nil {
		c.RequestID, c.TraceID = outer.RequestID, outer.TraceID
	}
	return answer.With(ctx, &c)
}

func has(r slog.Record, key string) bool {
	found := false
	r.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}

// WithAttrs implements [slog.Handler].
func (n named) WithAttrs(attrs []slog.Attr) slog.Handler { return named{n.Handler.WithAttrs(attrs)} }

// WithGroup implements [slog.Handler].
func (n named) WithGroup(name string) slog.Handler { return named{n.Handler.WithGroup(name)} }
