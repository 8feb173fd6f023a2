package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"switchyard/router/internal/function"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
)

// Register tells Inngest once which jobs p has, and where it reaches them. The registration then
// stays until the next one. It is for jobs in packages, which do not register themselves. It
// opens no services of the jobs, and needs none of their variables. With clear, it has Inngest
// forget the app's functions instead, whoever has registered them.
func Register(ctx context.Context, p program.Program, parts Parts, getenv func(string) string, out io.Writer, clear bool) error {
	a := &App{
		Program:   p,
		Functions: function.Durable(p.Functions),
		Needs:     service.NewSet(),
		Server:    service.NewEnv[config.Server](),
		Jobs:      service.NewEnv[config.Jobs](),
		Placement: service.NewEnv[config.Placement](),
		InFlight:  service.NewEnv[config.InFlight](),
		parts:     parts,
	}
	if len(a.Functions) == 0 {
		return program.UsageError("there are no jobs to register")
	}
	a.Needs.Add("router", a.Server, a.Jobs, a.Placement)
	a.Needs.Add("router", function.Needs(p.Functions).Named("db")...)
	if err := a.Configure(getenv); err != nil {
		return err
	}
	if a.Jobs.Value.Connect {
		return program.UsageError("with INNGEST_CONNECT jobs register themselves, as long as their process runs")
	}
	if !a.Jobs.Value.At().IsSet() {
		return program.UsageError("set BETTER_AUTH_URL, or INNGEST_SERVE_ORIGIN: where Inngest reaches the jobs that SWITCHYARD_REMOTE does not name")
	}
	log := logger.New(out, a.Server.Value)
	if err := a.Needs.Open(ctx); err != nil {
		return err
	}
	if err := a.checkDirect(ctx, log); err != nil {
		return errors.Join(err, a.Needs.Close())
	}
	jobs, err := a.loadJobs(ctx, JobsConfig{Packaged: true, Build: VersionOf(getenv).Long, Logger: log})
	if err == nil {
		err = register(ctx, jobs, log, a.Jobs.Value.App(), clear)
	}
	return errors.Join(err, a.Needs.Close())
}

func register(ctx context.Context, jobs *Jobs, logger *slog.Logger, id string, clear bool) error {
	do, done := jobs.Once, "registered"
	if clear {
		do, done = jobs.Clear, "cleared: Inngest has no functions of this id until a service registers some"
	}
	if err := do(ctx); err != nil {
		return err
	}
	logger.InfoContext(ctx, done, slog.String("app", id)) //nolint:sloglint // one of the two above
	return nil
}
