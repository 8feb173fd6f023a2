package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"switchyard/router/internal/pressure"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overrun"
	"switchyard/router/internal/serve/rate"
	"switchyard/router/internal/service"
	"switchyard/router/internal/watchdog"
	"switchyard/shared/fault"
)

// registerFirst bounds the time for which the relay waits until the jobs are registered.
const registerFirst = 10 * time.Second

// closing bounds the time to close what calls that were given up still use.
const closing = 2 * time.Second

// serve opens what the configured app needs and serves it over HTTP until ctx ends;
// then it finishes what runs.
func (a *App) serve(ctx context.Context, version Version, logger *slog.Logger, out io.Writer) error {
	if err := a.Needs.Open(ctx); err != nil {
		return err
	}
	var overran overrun.Set
	err := a.serveOpen(ctx, &overran, version, logger, out)
	return errors.Join(err, a.closeNeeds(ctx, &overran, logger))
}

// closeNeeds closes the services. Of a call that was given up, one may be in use for ever, and
// so may not be to close.
func (a *App) closeNeeds(ctx context.Context, overran *overrun.Set, logger *slog.Logger) error {
	if overran.Lost() == 0 {
		return a.Needs.Close()
	}
	closed := make(chan error, 1)
	go func() { closed <- a.Needs.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closing):
		logger.WarnContext(ctx, "services were not closed: calls that were given up still use them", slog.Int64("lost", overran.Lost()))
		return nil
	}
}

// serveOpen serves the open app on HOST:PORT until ctx ends.
func (a *App) serveOpen(ctx context.Context, overran *overrun.Set, version Version, logger *slog.Logger, out io.Writer) error {
	server := a.Server.Value
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
	if err != nil {
		return fmt.Errorf("listen on HOST:PORT: %w", err)
	}
	defer listener.Close() // the host has closed it, unless it never ran
	j := JobsConfig{Origin: local(listener), Local: local(listener), Overrun: overran, Logger: logger}
	h, err := a.host(ctx, j, version, func(counted ...any) (serve.Metrics, error) {
		return a.metrics(version, logger, counted)
	})
	if err != nil {
		return err
	}
	return a.serveOn(ctx, listener, h, logger, out)
}

// serveOn runs the host of the open app on listener until ctx ends. Requests are answered while
// the database is asked whether it is reached without a pooler, and what there is to do in the
// background begins after that. If it is not, all ends with an error; until that is known,
// readiness fails.
func (a *App) serveOn(ctx context.Context, listener net.Listener, h *hosted, logger *slog.Logger, out io.Writer) error {
	a.startApart(ctx, h.jobs, logger, out)
	logger.InfoContext(ctx, "listening", slog.String("address", listener.Addr().String()), slog.Int("functions", len(a.Functions)))

	serving, end := context.WithCancel(a.lingering(ctx, h.jobs, logger))
	defer end()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	var refused error
	wg.Go(func() {
		if refused = a.checkDirect(ctx, logger); refused != nil {
			end()
		} else if ctx.Err() == nil { // else nothing begins any more
			a.inBackground(background, h, logger)
		}
	})
	wg.Go(func() { h.memory.Run(background) })
	watched, drains := context.WithCancel(ctx)
	defer drains()
	wg.Go(func() {
		watchdog.Run(watched, watchdog.Config{Checks: a.unrecoverable(local(listener)), Logger: logger})
	})
	for _, s := range service.All[apart](a.Needs) {
		context.AfterFunc(serving, s.Drain)
	}
	err := h.Run(serving, listener)
	drains()
	stop() // only now: a request that is still running may publish an event
	wg.Wait()
	logger.InfoContext(ctx, "stopped")
	return cmp.Or(refused, err)
}

// inBackground does what there is to do beside requests, until ctx ends.
func (a *App) inBackground(ctx context.Context, h *hosted, logger *slog.Logger) {
	var wg sync.WaitGroup
	if h.jobs != nil {
		wg.Go(func() { h.jobs.Register(ctx) })
	}
	if h.schema != nil {
		wg.Go(func() { h.schema.Run(ctx) })
	}
	wg.Go(func() { work(ctx, a.Needs.Runners(), logger) })
	wg.Go(func() { a.relay(ctx, h.jobs, logger) })
	wg.Go(func() {
		if registered(ctx, h.jobs) { // else it would take the processor from the first requests
			debug.FreeOSMemory() // what was needed to start is not needed any more
		}
	})
	wg.Wait()
}

// lingering returns a context that ends when ctx has, and the runs in flight that only this
// release can carry on have, too.
func (a *App) lingering(ctx context.Context, jobs *Jobs, logger *slog.Logger) context.Context {
	if jobs == nil || jobs.Linger == nil {
		return ctx
	}
	last, stop := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		defer stop()
		logger.InfoContext(last, "stopping, once the runs in flight that need this release have ended")
		if left, err := jobs.Linger(last); left > 0 || err != nil {
			logger.WarnContext(last, "runs in flight are left to the next release", slog.Int("runs", left), slog.Any("error", err))
		}
	})
	return last
}

// hosted is the HTTP host of an open app, with the host of its jobs and what minds its
// tables, each of which is nil if it has none.
type hosted struct {
	*serve.Host

	jobs   *Jobs
	schema *Schema
	memory *pressure.Watch
}

// host returns the hosts of the open app. metrics returns what counts requests and shows
// that along with what is counted, or nil.
func (a *App) host(ctx context.Context, j JobsConfig, version Version, metrics func(counted ...any) (serve.Metrics, error)) (*hosted, error) {
	c := a.hostConfig(j, version)
	schema, err := a.mindSchema(SchemaConfig{Build: version.Long, Frozen: j.Packaged, Logger: j.Logger})
	if err != nil {
		return nil, err
	}
	var counted []any
	memory := pressure.New(pressure.Config{})
	if j.Overrun != nil {
		memory = a.mindMemory(j.Overrun, j.Logger)
		counted = append(counted, j.Overrun, memory)
	}
	if schema != nil {
		c.Ready["schema"] = schema.Ready
		counted = append(counted, schema.Counted)
	}
	j.Build, j.Apart = version.Long, a.jobsApart()
	jobs, err := a.loadJobs(ctx, j)
	if err != nil {
		return nil, fmt.Errorf("load jobs: %w", err)
	}
	if jobs != nil {
		counted = append(counted, jobs.Counted)
		c.Inngest = jobs.Handler
		if jobs.Ready != nil {
			c.Ready["runs"] = jobs.Ready
		}
		if jobs.Linger != nil {
			c.Ready["running"] = stopping(ctx)
		}
	}
	if c.Metrics, err = metrics(counted...); err != nil {
		return nil, err
	}
	host, err := serve.New(c)
	return &hosted{Host: host, jobs: jobs, schema: schema, memory: memory}, err
}

// hostConfig returns what the HTTP host needs to know of the open app, but for its jobs, its
// schema and what is counted.
func (a *App) hostConfig(j JobsConfig, version Version) serve.Config {
	c := serve.Config{
		Functions: a.Functions,
		Late:      true,
		Needs:     a.Needs,
		Server:    a.Server.Value,
		Logger:    j.Logger,
		Project:   a.Program.Project,
		Version:   version.Short,
		Ready:     map[string]func(context.Context) error{},
		Docs:      a.parts.Docs,
		Remote:    a.elsewhere(),
		Behind:    j.Child,
		Overrun:   j.Overrun,
		Users:     provided[serve.Users](a),
		Machines:  provided[serve.Machines](a),
		Callers:   provided[serve.Callers](a),
		Rates:     provided[rate.Store](a),
		Look:      provided[serve.Look](a),
		Lasting:   service.All[serve.Lasting](a.Needs),
	}
	if len(a.directs()) > 0 && !j.Packaged {
		c.Ready["direct"] = a.reached
	}
	return c
}

// provided returns the service that is a T, the last one of several; the zero T if there is
// none.
func provided[T any](a *App) (t T) {
	for _, s := range service.All[T](a.Needs) {
		t = s
	}
	return t
}

// stopping returns a check that fails once ctx has ended: a proxy that asks should send requests
// elsewhere, and the process goes on.
func stopping(ctx context.Context) func(context.Context) error {
	return func(context.Context) error {
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "This release is stopping.")
		}
		return nil
	}
}

// metrics returns what counts requests and answers at /metrics, and shows the counts along
// with those of counted and of the services; nil if nobody may ask.
func (a *App) metrics(version Version, logger *slog.Logger, counted []any) (serve.Metrics, error) {
	if a.parts.Metrics == nil || a.Server.Value.MetricsToken == "" {
		return nil, nil
	}
	return a.parts.Metrics(logger, a.Program.Project.Name, version.Short, append(service.All[any](a.Needs), counted...)...)
}

// relay has the services send what may start jobs, until ctx ends. It begins when the jobs are
// registered with Inngest, or after a while if Inngest does not answer: an event that
// reaches Inngest before the job that listens to it is known there is sent again, but
// not at once.
func (a *App) relay(ctx context.Context, jobs *Jobs, logger *slog.Logger) {
	if registered(ctx, jobs) {
		work(ctx, a.Needs.Relays(), logger)
	}
}

// registered waits until the jobs are registered, but not for ever, and reports whether ctx goes on.
func registered(ctx context.Context, jobs *Jobs) bool {
	if jobs != nil {
		select {
		case <-ctx.Done():
		case <-jobs.Registered:
		case <-time.After(registerFirst):
		}
	}
	return ctx.Err() == nil
}

// work runs the background work of services until ctx ends.
func work(ctx context.Context, all map[string]service.Runner, logger *slog.Logger) {
	var wg sync.WaitGroup
	for name, run := range all {
		wg.Go(func() {
			if err := run(ctx, logger); err != nil && ctx.Err() == nil {
				logger.ErrorContext(ctx, "background work stopped", slog.String("service", name), slog.Any("error", err))
			}
		})
	}
	wg.Wait()
}
