package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"switchyard/router/internal/app"
	"switchyard/router/internal/app/parts"
	"switchyard/shared/config"
)

// Main is the whole main of a package: the functions of its catalog and their hosts,
// without the verbs of the router. On AWS Lambda it takes events; elsewhere it serves
// HTTP on HOST:PORT. It exits with 2 if the environment is not complete. See
// `router package`.
func Main(p Program) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, p))
}

func run(ctx context.Context, p Program) int {
	a, err := app.New(p, p.Functions, parts.All())
	if err == nil {
		err = a.Run(ctx, os.Getenv, os.Stdout)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	if _, ok := errors.AsType[*config.Error](err); ok {
		return 2
	}
	return 1
}
