package cli

import (
	"fmt"
	"log/slog"
	"net/url"

	"switchyard/router/internal/app"
	"switchyard/router/internal/app/parts"
	"switchyard/router/internal/durable/inflight"
	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
	"switchyard/router/internal/remote"
	"switchyard/shared/config"
	"switchyard/shared/db"
)

// checkInFlight asks the jobs of this binary whether they can carry on the runs of
// source. With no run in flight it needs no environment.
func (p *process) checkInFlight(source inflight.Source) (inflight.Report, error) {
	none := inflight.Report{Findings: []inflight.Finding{}}
	shapes, err := source.Shapes(p.Ctx)
	if err != nil || len(shapes) == 0 {
		return none, err
	}
	c, err := elsewhere(p.Getenv, p.of.Functions)
	if err != nil {
		return none, err
	}
	a, err := app.New(p.of, function.Durable(remote.Here(p.of.Functions, c)), parts.All())
	if err != nil {
		return none, err
	}
	if err := a.Configure(p.Getenv); err != nil {
		return none, err
	}
	// What jobs say of each step is of no interest here.
	log := slog.New(slog.NewTextHandler(p.ErrOut, &slog.HandlerOptions{Level: slog.LevelError}))
	return parts.InFlight(p.Ctx, a, source, p.ErrOut, log)
}

// inFlightAt reads the runs of a database or of a running router, by its URL.
func (p *process) inFlightAt(at string) (report inflight.Report, err error) {
	u, err := url.Parse(at)
	if err != nil {
		return report, program.UsageError("--running: want the URL of a database or of a router")
	}
	switch u.Scheme {
	case "http", "https":
		key := p.Getenv("INNGEST_SIGNING_KEY")
		if key == "" {
			return report, program.UsageError("--running: a router tells of its runs only who has its INNGEST_SIGNING_KEY; set it")
		}
		return p.checkInFlight(inflight.Router{Base: at, Key: key})
	case "postgres", "postgresql":
		d, err := db.Open(p.Ctx, config.Database{URL: config.Secret(at)})
		if err != nil {
			return report, err
		}
		defer func() { _ = d.Close() }()
		return p.checkInFlight(inflight.Database{DB: d})
	}
	return report, program.UsageError("--running: want a URL that begins with postgres:// or https://")
}

// admit returns an error if this release is not to follow the one before it, because of
// runs in flight. The database has been migrated.
func (p *process) admit(database config.Database) error {
	r := config.NewReader(p.Getenv)
	policy, dev := config.Read[config.InFlight](r).Policy, config.Read[config.Inngest](r).Dev.On
	if err := r.Err(); err != nil {
		return err
	}
	if dev || len(function.Durable(p.of.Functions)) == 0 {
		return nil
	}
	d, err := db.Open(p.Ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	report, err := p.checkInFlight(inflight.Database{DB: d})
	switch {
	case err == nil && report.Runs == 0:
		return nil
	case err == nil && len(report.Findings) == 0:
		return report.Write(p.Out)
	case err == nil:
		err = report.Err()
	default:
		err = fmt.Errorf("the runs in flight could not be checked: %w", err)
	}
	if policy == config.InFlightRefuse {
		return fmt.Errorf("%w\n%s", err, refusal)
	}
	fmt.Fprintf(p.ErrOut, "router: warning: %v\nThe release goes on: JOBS_IN_FLIGHT is %s.\n", err, policy)
	return nil
}

const refusal = `The release is refused, and the one before it may stay: the schema is in step, and serves both.
Leave the steps as the runs know them and put new ones behind, wait until the runs have ended
(router runs ls), or set JOBS_IN_FLIGHT: to keep, and the old release carries them on; to
continue, and the new one carries on what it can. See docs/releases.md.`
