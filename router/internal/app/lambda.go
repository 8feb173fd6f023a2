package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"switchyard/router/internal/lambda"
	"switchyard/router/internal/lambda/emf"
	"switchyard/router/internal/program"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/service"
)

// lambda opens what the configured app needs, which connects nowhere, and takes the
// events of AWS Lambda until ctx ends.
//
// Nothing works in the background: the process is frozen between two events. What calls
// leave to be sent is sent before their answer, and a schedule looks after the rest.
func (a *App) lambda(ctx context.Context, version Version, logger *slog.Logger, out io.Writer) error {
	if a.Jobs.Value.Connect {
		return program.UsageError("INNGEST_CONNECT has no use on Lambda: Inngest calls the function's URL")
	}
	if err := a.Needs.Open(ctx); err != nil {
		return err
	}
	// Nobody registers from here, so that where Inngest calls is no matter.
	j := JobsConfig{Packaged: true, Origin: "https://lambda.invalid", Logger: logger}
	h, err := a.host(ctx, j, version, func(...any) (serve.Metrics, error) {
		if !a.Server.Value.Count {
			return nil, nil
		}
		return emf.New(out, a.Program.Project.Name), nil
	})
	if err != nil {
		return errors.Join(err, a.Needs.Close())
	}
	jobs := h.jobs
	c := lambda.Config{HTTP: h.Handler(), Stream: a.Server.Value.Stream, BasePath: string(a.Server.Value.BasePath), Logger: logger}
	if jobs != nil {
		c.Publish = jobs.Publish
		if jobs.Track != nil {
			c.Track = append(c.Track, jobs.Track)
		}
	}
	if h.schema != nil {
		c.Track = append(c.Track, h.schema.track)
	}
	for _, s := range service.All[interface {
		Track() (flush func(context.Context) error)
	}](a.Needs) {
		c.Track = append(c.Track, s.Track)
	}
	c.Sweep = a.sweep()
	c.NeedsSIGTERM = len(service.All[io.Closer](a.Needs)) > 0
	return errors.Join(lambda.New(c).Run(ctx), a.Needs.Close())
}

// sweeper is a service that can do once what its background work does again and again.
type sweeper interface {
	Sweep(ctx context.Context) error
}

// sweep returns what has all sweepers at work; nil if there is none.
func (a *App) sweep() func(context.Context) error {
	all := service.All[sweeper](a.Needs)
	if len(all) == 0 {
		return nil
	}
	return func(ctx context.Context) error {
		var errs []error
		for _, s := range all {
			errs = append(errs, s.Sweep(ctx))
		}
		return errors.Join(errs...)
	}
}
