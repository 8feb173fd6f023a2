package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"switchyard/router/internal/function"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
)

// Register tells Inngest once of the jobs in catalog, and where it reaches them. The
// registration then stays until the next one. It is for jobs in packages, which do not
// register themselves; what the jobs need is not asked for.
func Register(ctx context.Context, catalog []function.Function, parts Parts, getenv func(string) string, out io.Writer) error {
	a := &App{
		Catalog:   catalog,
		Functions: Durable(catalog),
		Needs:     service.NewSet(),
		Server:    service.NewEnv[config.Server](),
		Jobs:      service.NewEnv[config.Jobs](),
		Placement: service.NewEnv[config.Placement](),
		parts:     parts,
	}
	if len(a.Functions) == 0 {
		return UsageError("there are no jobs to register")
	}
	a.Needs.Add("router", a.Server, a.Jobs, a.Placement)
	a.Needs.Add("router", function.Needs(catalog).Named("db")...)
	if err := a.Configure(getenv); err != nil {
		return err
	}
	if a.Jobs.Value.Connect {
		return UsageError("with INNGEST_CONNECT jobs register themselves, as long as their process runs")
	}
	if !a.Jobs.Value.At().IsSet() {
		return UsageError("set BETTER_AUTH_URL, or INNGEST_SERVE_ORIGIN: where Inngest reaches the jobs that SWITCHYARD_REMOTE does not name")
	}
	log := logger.New(out, a.Server.Value)
	if err := a.Needs.Open(ctx); err != nil {
		return err
	}
	jobs, err := a.loadJobs(ctx, JobsConfig{Packaged: true, Build: VersionOf(getenv).Long, Logger: log})
	if err == nil {
		err = jobs.Once(ctx)
	}
	if err == nil {
		log.InfoContext(ctx, "registered", slog.Int("functions", len(a.Functions)))
	}
	return errors.Join(err, a.Needs.Close())
}
