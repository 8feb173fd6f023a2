package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/service"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

// registerFirst is how long background work waits until the jobs are registered.
const registerFirst = 10 * time.Second

// jobs is the host of jobs in this process, and how Inngest gets to know of it.
type jobs struct {
	handler    http.Handler // nil: Inngest does not come to us
	metrics    []prometheus.Collector
	register   func(ctx context.Context) // until ctx ends, or there is no more to do
	registered <-chan struct{}           // closed when Inngest is known to know
}

// loadJobs returns the host of the app's jobs, which are open, or nil if it has none.
func (a *app) loadJobs(p *program, listener net.Listener, logger *slog.Logger) (*jobs, error) {
	functions := durableOf(a.functions)
	switch {
	case len(functions) == 0:
		return nil, nil
	case a.jobs.Value.Connect && len(functions) < len(durableOf(a.catalog)):
		return nil, usageError("with INNGEST_CONNECT some jobs cannot be served without the others: Inngest would forget those")
	}
	c := durable.Config{
		Functions: functions,
		Jobs:      a.jobs.Value,
		Origin:    a.origin(listener),
		Grace:     a.jobs.Value.ResendAfter,
		Logger:    logger,
	}
	database := service.Find[db.DB](a.needs)
	if database != nil {
		c.Ledger = ledger.New(database)
	}
	host, err := durable.New(c)
	if err != nil {
		return nil, err
	}
	switch {
	case a.jobs.Value.Connect:
		return a.connect(p.ctx, host, database), nil
	case database == nil:
		return registerOnce(host), nil
	}
	registrar, err := host.NewRegistrar(p.ctx, durable.RegistrarConfig{
		DB:         database,
		Deployment: a.jobs.Value.Deployment,
		Build:      version(p.getenv).long,
	})
	if err != nil {
		return nil, err
	}
	return &jobs{
		handler:    registrar.Handler(host.Handler()),
		metrics:    host.Collectors(),
		register:   registrar.Run,
		registered: registrar.Registered(),
	}, nil
}

// registerOnce is for an app without a database: this service is all of it.
func registerOnce(host *durable.Host) *jobs {
	registered := make(chan struct{})
	return &jobs{
		handler: host.Handler(),
		metrics: host.Collectors(),
		register: func(ctx context.Context) {
			if host.Register(ctx) == nil {
				close(registered)
			}
		},
		registered: registered,
	}
}

// connect is for a host that nobody can reach. No call begins once ctx has ended, as with
// requests, and not only when all requests have finished.
func (a *app) connect(ctx context.Context, host *durable.Host, database *db.DB) *jobs {
	connector := host.NewConnector(durable.ConnectorConfig{DB: database, Drain: a.server.Value.DrainTimeout})
	return &jobs{
		metrics: host.Collectors(),
		register: func(background context.Context) {
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			defer context.AfterFunc(background, stop)()
			connector.Run(ctx)
		},
		registered: connector.Registered(),
	}
}

// origin returns the URL at which Inngest reaches this process.
func (a *app) origin(listener net.Listener) string {
	if at := a.jobs.Value.At(); at.IsSet() {
		return at.String()
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return "http://127.0.0.1:" + port
}
