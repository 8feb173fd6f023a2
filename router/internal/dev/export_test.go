package dev

import (
	"context"
	"io"
	"time"

	"switchyard/router/internal/dev/proxy"
	"switchyard/router/internal/dev/state"
	"switchyard/router/internal/dev/terminal"
	"switchyard/router/internal/generate"
)

// What the tests look at from outside the package.
type (
	Variable = variable
	Mail     = mail
)

var (
	Environ     = environ
	ReadDotEnv  = readDotEnv
	ProcessName = processName
	Lookup      = lookup
	Origins     = origins
	OpenMailbox = openMailbox
	VariablesOf = variablesOf

	ErrParentGone = errParentGone
)

// WatchParent returns a context that ends when alive says no.
func WatchParent(ctx context.Context, alive func() bool) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go watchParent(ctx, cancel, alive, time.Millisecond)
	return ctx
}

// NewReleaser returns a releaser of the module in root that needs no servers, although its app
// has a database. generator stands in for the one of the module.
func NewReleaser(root string, s *state.Folder, p *proxy.Proxy, out io.Writer, env []string, generator func() (generate.Result, error)) *releaser {
	b := newBuilder(Config{Root: root, Env: env}, s, terminal.New(out, false))
	b.prepare = func(context.Context, *terminal.Task, string) ([]string, error) {
		return append(env, "DATABASE_URL=postgres://127.0.0.1/shop"), nil
	}
	b.generate = func(context.Context, generate.Runner, bool) (generate.Result, error) { return generator() }
	return newReleaser(b, p, true)
}

func (r *releaser) Live() <-chan struct{} { return r.live }

// Seed runs the seed of the project in root on the database at url.
func Seed(ctx context.Context, root, url string, out io.Writer) error {
	b := &builder{root: root, terminal: terminal.New(out, false)}
	return b.seed(ctx, url)
}
