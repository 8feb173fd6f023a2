package logger

import (
	"context"
	"errors"
	"log/slog"

	"switchyard/router/internal/answer"
	"switchyard/shared/fn"
)

// Callee returns the Callee of a function, which writes a line to l about each task that fails.
func Callee(l *slog.Logger, name string, info fn.Info) *fn.Callee {
	return &fn.Callee{Name: name, Info: info, Failed: func(ctx context.Context, task string, err error) {
		logTask(ctx, l, task, err)
	}}
}

// logTask writes a line to l about a task of a function that has failed: with the function,
// the request and the run that ctx is of, and with the stack if it has panicked.
func logTask(ctx context.Context, l *slog.Logger, task string, err error) {
	attrs := []slog.Attr{slog.String("task", task), slog.Any("error", err)}
	if c := answer.CallOf(ctx); c != nil {
		for _, name := range namesOf(c) {
			if name.Value.String() != "" {
				attrs = append(attrs, name)
			}
		}
	}
	if panicked, ok := errors.AsType[*fn.PanicError](err); ok {
		l.LogAttrs(ctx, slog.LevelError, "a task panicked", append(attrs, slog.String("stack", string(panicked.Stack)))...)
		return
	}
	l.LogAttrs(ctx, slog.LevelError, "a task failed, and nobody waited for its error", attrs...)
}
