package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"

	"switchyard/router/internal/logger"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overrun"
	"switchyard/router/internal/service"
	"switchyard/router/internal/watchdog"
	"switchyard/shared/auth"
)

// apart is a service that runs functions in processes of their own.
type apart interface {
	// Start starts the processes, for jobs of this release, each of which may use so many
	// bytes of memory; 0 if nobody knows. It returns once they are ready, or after a while.
	Start(ctx context.Context, release string, memory int64, pass func(line []byte), log *slog.Logger)
	// Drain says that the host has begun to drain.
	Drain()
}

// Child describes a process that runs some functions for a router beside it.
type Child struct {
	Group    string // which functions these are, for the log
	Listener net.Listener
	Release  string          // of jobs, as the router's
	Drains   <-chan struct{} // closed when the router drains
}

// RunChild configures the app from the environment and hosts it on the child's listener until ctx
// ends. It does not register jobs, announce the release or relay events: the router does.
func (a *App) RunChild(ctx context.Context, child Child, getenv func(string) string, out io.Writer) error {
	if err := a.Configure(getenv); err != nil {
		return err
	}
	lines := a.batch(ctx, out)
	defer lines.Close()
	log, version := logger.New(lines, a.Server.Value).With(slog.String("apart", child.Group)), VersionOf(getenv)
	slog.SetDefault(logger.ForFunctions(log))
	a.fit(ctx, getenv, log)
	if err := a.Needs.Open(ctx); err != nil {
		return err
	}
	a.shareSessions()
	// Nobody registers from here, so that where Inngest calls is no matter.
	var overran overrun.Set
	j := JobsConfig{
		Packaged: true, Child: true, Origin: "http://apart.invalid", Release: child.Release, Overrun: &overran, Logger: log,
	}
	h, err := a.host(ctx, j, version, func(counted ...any) (serve.Metrics, error) {
		return a.metrics(version, log, counted)
	})
	if err != nil {
		return errors.Join(err, a.Needs.Close())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { h.memory.Run(background) })
	wg.Go(func() { work(background, a.Needs.Runners(), log) })
	wg.Go(func() { a.drainWith(background, child.Drains) })
	serving, drains := context.WithCancel(ctx)
	wg.Go(func() { watchdog.Run(serving, watchdog.Config{Checks: a.stuck(), Logger: log}) })
	err = h.Run(ctx, child.Listener)
	drains()
	stop()
	wg.Wait()
	return errors.Join(err, a.closeNeeds(ctx, &overran, log))
}

// shareSessions has what believes the router know its sessions: both have the same users.
func (a *App) shareSessions() {
	for _, c := range service.All[interface{ Share(sessions auth.Sessions) }](a.Needs) {
		c.Share(provided[auth.Sessions](a))
	}
}

// drainWith ends the answers that last when the router drains. The router waits for them, and this
// process drains only after that.
func (a *App) drainWith(ctx context.Context, drains <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-drains:
		for _, l := range service.All[serve.Lasting](a.Needs) {
			l.EndStreams()
		}
	}
}

// startApart starts the processes of functions that run apart, if there are any. What they
// log goes to out, in the form of the app's own log.
func (a *App) startApart(ctx context.Context, jobs *Jobs, log *slog.Logger, out io.Writer) {
	release := ""
	if jobs != nil {
		release = jobs.Release
	}
	for _, s := range service.All[apart](a.Needs) {
		s.Start(ctx, release, a.size.Child, logger.Pass(ctx, log, out, a.Server.Value), log)
	}
}

// elsewhere returns what sends on the calls of functions that do not run in this process.
func (a *App) elsewhere() map[string]func(local http.Handler) http.Handler {
	all := map[string]func(local http.Handler) http.Handler{}
	for _, s := range service.All[interface {
		Remote() map[string]func(local http.Handler) http.Handler
	}](a.Needs) {
		maps.Copy(all, s.Remote())
	}
	return all
}

// jobsApart returns what serves the calls of jobs that run in other processes.
func (a *App) jobsApart() map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, s := range service.All[interface {
		Jobs() map[string]http.Handler
	}](a.Needs) {
		maps.Copy(all, s.Jobs())
	}
	return all
}
