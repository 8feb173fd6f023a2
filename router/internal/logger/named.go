package logger

import (
	"context"
	"log/slog"
	"slices"

	"switchyard/router/internal/answer"
	"switchyard/shared/fn"
)

// named adds to each line which function wrote it, for whose request, or in which run:
// beside the line's time and message, in no group. A name that the line has there itself
// stays as it is.
type named struct {
	slog.Handler
	own    []slog.Attr                       // what With gave, outside groups
	base   slog.Handler                      // what the first group was opened on; nil without one
	inside []func(slog.Handler) slog.Handler // opens the groups on base, and adds what With gave in them
}

// Handle implements [slog.Handler].
func (n named) Handle(ctx context.Context, r slog.Record) error {
	c := answer.CallOf(ctx)
	if c == nil {
		return n.Handler.Handle(ctx, r)
	}
	if n.base != nil {
		return n.opened(c).Handle(ctx, r)
	}
	r = r.Clone()
	for _, a := range namesOf(c) {
		if a.Value.String() != "" && !n.owns(a.Key) && !has(r, a.Key) {
			r.AddAttrs(a)
		}
	}
	return n.Handler.Handle(ctx, r)
}

func namesOf(c *answer.Call) [4]slog.Attr {
	return [...]slog.Attr{
		slog.String("function", c.Function), slog.String("requestId", c.RequestID),
		slog.String("run", c.Run), slog.String("traceId", c.TraceID),
	}
}

// opened returns the handler with the names of c before its groups.
func (n named) opened(c *answer.Call) slog.Handler {
	names := namesOf(c)
	h := n.base.WithAttrs(slices.DeleteFunc(names[:], func(a slog.Attr) bool {
		return a.Value.String() == "" || n.owns(a.Key)
	}))
	for _, again := range n.inside {
		h = again(h)
	}
	return h
}

// InRun returns a context in which lines are about Inngest's run of the function, and about
// the request of Inngest's that ctx is of, if it is of one. It also returns the call of the
// function that the context carries, which the caller begins and ends.
func InRun(ctx context.Context, function, run string) (context.Context, *fn.Call) {
	c := &answer.Call{Function: function, Run: run}
	if outer := answer.CallOf(ctx); outer != nil {
		c.RequestID, c.TraceID = outer.RequestID, outer.TraceID
	}
	return answer.With(ctx, c), &c.Running
}

func (n named) owns(key string) bool {
	return slices.ContainsFunc(n.own, func(a slog.Attr) bool { return hasKey(a, key) })
}

func has(r slog.Record, key string) bool {
	found := false
	r.Attrs(func(a slog.Attr) bool {
		found = hasKey(a, key)
		return !found
	})
	return found
}

// hasKey reports whether a is written with this key; a group without a name is written as
// what is in it.
func hasKey(a slog.Attr, key string) bool {
	if a.Key != "" {
		return a.Key == key
	}
	v := a.Value.Resolve()
	return v.Kind() == slog.KindGroup &&
		slices.ContainsFunc(v.Group(), func(in slog.Attr) bool { return hasKey(in, key) })
}

// WithAttrs implements [slog.Handler].
func (n named) WithAttrs(attrs []slog.Attr) slog.Handler {
	if n.base == nil {
		n.own = slices.Concat(n.own, attrs)
	}
	return n.with(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

// WithGroup implements [slog.Handler].
func (n named) WithGroup(name string) slog.Handler {
	if name == "" {
		return n
	}
	if n.base == nil {
		n.base = n.Handler
	}
	return n.with(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

// with returns n after a step.
func (n named) with(step func(slog.Handler) slog.Handler) named {
	n.Handler = step(n.Handler)
	if n.base != nil {
		n.inside = append(slices.Clip(n.inside), step)
	}
	return n
}
