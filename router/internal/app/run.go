package app

import (
	"context"
	"io"
	"log/slog"

	"switchyard/router/internal/container"
	"switchyard/router/internal/lambda"
	"switchyard/router/internal/logger"
)

// Run configures the app from the environment and hosts it until ctx ends: on AWS
// Lambda for its events, else over HTTP on HOST:PORT. It logs to out, and so does from then on what
// functions log with slog's own functions. The error is a
// *config.Error if the environment is not complete.
func (a *App) Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	onLambda := getenv("AWS_LAMBDA_RUNTIME_API") != ""
	if onLambda {
		getenv = lambda.Environment(getenv)
	}
	if err := a.Configure(getenv); err != nil {
		return err
	}
	if !onLambda { // which freezes the process once it has answered
		lines := a.batch(ctx, out)
		defer lines.Close()
		out = lines
	}
	log, version := logger.New(out, a.Server.Value), VersionOf(getenv)
	slog.SetDefault(logger.ForFunctions(log))
	if onLambda {
		return a.lambda(ctx, version, log, out)
	}
	a.fit(ctx, getenv, log)
	return a.serve(ctx, version, log, out)
}

// batch returns what writes the lines of the configured app's log to out: in batches, and from
// the end of ctx on each at once, for then the process may be ended at any time.
func (a *App) batch(ctx context.Context, out io.Writer) *logger.Batch {
	lines := logger.NewBatch(out, a.Server.Value)
	context.AfterFunc(ctx, func() { _ = lines.Close() })
	return lines
}

// fit has the process use no more than the container has, and says how much that is.
func (a *App) fit(ctx context.Context, getenv func(string) string, logger *slog.Logger) {
	var err error
	a.size, err = container.Fit(container.Config{Memory: int64(a.Server.Value.MemoryLimit), Children: a.Children, Getenv: getenv})
	if err != nil {
		logger.WarnContext(ctx, "how much memory the container has is not known; MEMORY_LIMIT can say it", slog.Any("error", err))
	}
	logger.InfoContext(ctx, "size", slog.Any("", a.size))
}
