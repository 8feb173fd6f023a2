package app

import (
	"context"
	"io"
	"log/slog"

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
	log, version := logger.New(out, a.Server.Value), VersionOf(getenv)
	slog.SetDefault(logger.ForFunctions(log))
	if onLambda {
		return a.lambda(ctx, version, log, out)
	}
	return a.serve(ctx, version, log)
}
