//go:build !switchyard_nojobs

package parts

import (
	"cmp"
	"context"

	"switchyard/router/internal/app"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/connection"
	"switchyard/router/internal/durable/inflight"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/durable/release"
	"switchyard/router/internal/function"
	"switchyard/router/internal/lambda/accept"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
)

func jobs() func(context.Context, app.JobsConfig) (*app.Jobs, error) { return loadJobs }

// loadJobs loads the host of jobs. It links Inngest's SDK and the database.
func loadJobs(ctx context.Context, c app.JobsConfig) (*app.Jobs, error) {
	a, settings := c.App, c.App.Jobs.Value
	if settings.Connect && len(function.Durable(a.Functions)) < len(function.Durable(a.Program.Functions)) {
		return nil, program.UsageError("with INNGEST_CONNECT some jobs cannot be served without the others: Inngest would forget those; serve all jobs here, or give Inngest a URL")
	}
	if settings.Connect && len(c.Apart) > 0 {
		return nil, program.UsageError("with INNGEST_CONNECT no job can run apart: Inngest's SDK takes the calls in this process; leave jobs out of SWITCHYARD_APART, --apart and Spec.Apart, or give Inngest a URL")
	}
	database := service.Find[db.DB](a.Needs)
	var runs *ledger.Ledger
	if database != nil {
		runs = ledger.New(database)
		runs.Release = c.Build
	}
	host, err := newHost(c, runs)
	if err != nil {
		return nil, err
	}
	inngest := registration.New(host, settings, c.Logger)
	switch {
	case settings.Connect:
		connector := connection.New(host, inngest, connection.Config{DB: database, Drain: a.Server.Value.DrainTimeout, Logger: c.Logger})
		return connect(ctx, host, connector), nil
	case database == nil:
		return registerOnce(host, inngest), nil
	}
	registrar, err := release.New(ctx, host, inngest, release.Config{
		DB: database, Deployment: settings.Deployment, Build: c.Build, Address: address(c), Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	runs.Release = cmp.Or(c.Release, registrar.Release())
	jobs := &app.Jobs{
		Release:    runs.Release,
		Handler:    inflight.Handler(registrar.Handler(host.Handler()), host, inflight.Database{DB: database}),
		Register:   registrar.Run,
		Registered: registrar.Registered(),
		Once:       registrar.Once,
		Clear:      inngest.Clear,
		Counted:    host,
	}
	if !c.Packaged {
		mindRuns(c, jobs, host, registrar, database)
	}
	if bus := service.Find[events.Bus](a.Needs); bus != nil {
		jobs.Publish = accept.Into(bus)
		jobs.Track = func() func(context.Context) error { return bus.TrackRuns(runs) }
	}
	return jobs, nil
}

// newHost returns the host of the app's jobs, which are open.
func newHost(c app.JobsConfig, runs *ledger.Ledger) (*durable.Host, error) {
	settings := c.App.Jobs.Value
	config := durable.Config{
		Functions: function.Durable(c.App.Functions),
		Jobs:      settings,
		Origin:    c.Origin,
		Packaged:  c.Packaged,
		Elsewhere: map[string]string{},
		Apart:     c.Apart,
		Ledger:    runs,
		Grace:     settings.ResendAfter,
		Overrun:   c.Overrun,
		Logger:    c.Logger,
	}
	for name, at := range c.App.Placement.Value.Functions {
		config.Elsewhere[name] = at.String()
	}
	return durable.New(config)
}

// registerOnce is for an app without a database: this service is all of it.
func registerOnce(host *durable.Host, inngest *registration.App) *app.Jobs {
	registered := make(chan struct{})
	return &app.Jobs{
		Handler: host.Handler(),
		Register: func(ctx context.Context) {
			if inngest.Register(ctx) == nil {
				close(registered)
			}
		},
		Registered: registered,
		Once:       inngest.Register,
		Clear:      inngest.Clear,
		Counted:    host,
	}
}

// connect is for a host that nobody can reach. No call begins once ctx has ended, as with
// requests, and not only when all requests have finished.
func connect(ctx context.Context, host *durable.Host, connector *connection.Connector) *app.Jobs {
	return &app.Jobs{
		Register: func(background context.Context) {
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			defer context.AfterFunc(background, stop)()
			connector.Run(ctx)
		},
		Registered: connector.Registered(),
		Counted:    host,
	}
}
