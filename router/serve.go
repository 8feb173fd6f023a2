package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/lmittmann/tint"

	"switchyard/router/internal/serve"
	"switchyard/router/internal/service"
	"switchyard/schema"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/config"
	"switchyard/shared/fault"
)

type serveCmd struct {
	Selection selection `embed:""`
}

// Help implements kong.HelpProvider.
func (serveCmd) Help() string {
	return `Listens on HOST:PORT until SIGTERM, then finishes what runs and exits.
The environment says where everything is: see router env. With --only or --except
it loads a part of the functions, and needs no more than they do: so pages and jobs
can be services that scale apart. Inngest knows them as one app.

Examples:
  DATABASE_URL=postgres://… PORT=8080 router serve
  router serve --except 'jobs/**'
  router serve --only 'jobs/**'`
}

// Run implements the verb.
func (c serveCmd) Run(p *program) error {
	a, err := newApp(c.Selection)
	if err != nil {
		return err
	}
	if err := a.configure(p); err != nil {
		return err
	}
	server := a.server.Value
	logger := newLogger(p.out, server)
	if err := a.needs.Open(p.ctx); err != nil {
		return err
	}
	address := net.JoinHostPort(server.Host, strconv.Itoa(server.Port))
	listener, err := new(net.ListenConfig).Listen(p.ctx, "tcp", address)
	if err != nil {
		return errors.Join(fmt.Errorf("listen on HOST:PORT: %w", err), a.needs.Close())
	}
	defer listener.Close() // the host has closed it, unless it never ran
	return errors.Join(a.serve(p, listener, logger), a.needs.Close())
}

// serve runs the open app on listener until the program's context ends.
func (a *app) serve(p *program, listener net.Listener, logger *slog.Logger) error {
	c := serve.Config{
		Functions:      a.functions,
		Needs:          a.needs,
		Server:         a.server.Value,
		Logger:         logger,
		Version:        version(p.getenv).short,
		Ready:          map[string]func(context.Context) error{},
		ClientIPHeader: a.server.Value.Header(),
	}
	if users := service.Find[betterauth.Server](a.needs); users != nil {
		c.Users = users
	}
	if machines := service.Find[apikey.Store](a.needs); machines != nil {
		c.Machines = machines
	}
	if a.uses("db") {
		c.Ready["schema"] = inStep(a.database.Value.Direct())
	}
	jobs, err := a.loadJobs(p, listener, logger)
	if err != nil {
		return fmt.Errorf("load jobs: %w", err)
	}
	if jobs != nil {
		c.Inngest, c.Collectors = jobs.handler, jobs.metrics
	}
	host, err := serve.New(c)
	if err != nil {
		return err
	}
	logger.InfoContext(p.ctx, "listening", slog.String("address", listener.Addr().String()), slog.Int("functions", len(a.functions)))

	background, stop := context.WithCancel(context.WithoutCancel(p.ctx))
	var wg sync.WaitGroup
	if jobs != nil {
		wg.Go(func() { jobs.register(background) })
	}
	wg.Go(func() { a.work(background, jobs, logger) })
	err = host.Run(p.ctx, listener)
	stop() // only now: a request that is still running may publish an event
	wg.Wait()
	logger.InfoContext(p.ctx, "stopped")
	return err
}

// work runs the services' background work until ctx ends. It begins when the jobs are
// registered with Inngest, or after a while if Inngest does not answer: an event that
// reaches Inngest before the job that listens to it is known there is sent again, but
// not at once.
func (a *app) work(ctx context.Context, jobs *jobs, logger *slog.Logger) {
	if jobs != nil {
		select {
		case <-ctx.Done():
			return
		case <-jobs.registered:
		case <-time.After(registerFirst):
		}
	}
	var wg sync.WaitGroup
	for name, run := range a.needs.Runners() {
		wg.Go(func() {
			if err := run(ctx, logger); err != nil && ctx.Err() == nil {
				logger.ErrorContext(ctx, "background work stopped", slog.String("service", name), slog.Any("error", err))
			}
		})
	}
	wg.Wait()
}

// inStep returns a check that passes once the database has been migrated to this
// binary's schema. It then passes for good: during a rollout the next release
// may migrate further while this one still serves.
func inStep(url string) func(context.Context) error {
	var mu sync.Mutex
	var done bool
	return func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if done {
			return nil
		}
		err := schema.InStep(ctx, url)
		if done = err == nil; errors.Is(err, schema.ErrBehind) {
			return fault.New(fault.Unavailable, "The database has not been migrated: run `router migrate`.").Because(err)
		}
		return err
	}
}

// newLogger returns the program's logger: JSON lines for machines, text for
// people.
func newLogger(out io.Writer, c config.Server) *slog.Logger {
	if c.LogFormat == "text" || (c.LogFormat == "auto" && isTerminal(out)) {
		return slog.New(tint.NewHandler(out, &tint.Options{
			Level:      c.LogLevel,
			TimeFormat: time.TimeOnly,
			NoColor:    !isTerminal(out),
		}))
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: c.LogLevel}))
}

// isTerminal reports whether w is a terminal, or looks like one.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
