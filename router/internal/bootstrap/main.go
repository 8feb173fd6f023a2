// Command bootstrap is the program that a package contains: the functions of its
// catalog and their hosts, without the verbs of the router. On AWS Lambda it takes
// events; elsewhere it serves HTTP on HOST:PORT. See `router package`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"switchyard/router/catalog"
	"switchyard/router/internal/app"
	"switchyard/router/internal/app/parts"
	"switchyard/shared/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx))
}

// run returns the exit status: 2 if the environment is not complete.
func run(ctx context.Context) int {
	functions := catalog.Functions()
	a, err := app.New(functions, functions, parts.All())
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
