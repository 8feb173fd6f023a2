package app

import (
	"context"
	"io"

	"switchyard/router/internal/lambda"
)

// Run configures the app from the environment and hosts it until ctx ends: on AWS
// Lambda for its events, else over HTTP on HOST:PORT. It logs to out. The error is a
// *config.Error if the environment is not complete.
func (a *App) Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	onLambda := getenv("AWS_LAMBDA_RUNTIME_API") != ""
	if onLambda {
		getenv = lambda.Environment(getenv)
	}
	if err := a.Configure(getenv); err != nil {
		return err
	}
	logger, version := NewLogger(out, a.Server.Value), VersionOf(getenv)
	if onLambda {
		return a.lambda(ctx, version, logger, out)
	}
	return a.serve(ctx, version, logger)
}
