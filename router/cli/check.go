package cli

import (
	"context"
	"errors"

	"switchyard/router/internal/check"
	"switchyard/router/internal/durable/inflight"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/tool"
	"switchyard/shared/config"
)

type checkCmd struct {
	Env       bool      `help:"Also check that the environment is complete, as serve would."`
	Running   string    `help:"Check instead whether this binary can carry on the runs in flight of a database, or of a running router." placeholder:"URL"`
	JSON      bool      `name:"json" help:"With --running: print JSON, for programs."`
	Selection selection `embed:""`
}

// Validate implements kong.Validatable.
func (c checkCmd) Validate() error {
	if c.JSON && c.Running == "" {
		return errors.New("--json: goes with --running")
	}
	return nil
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Fails when the catalog or the Go file of a template is stale, a function is
malformed or does what none may (docs/functions.md), or a schema.hcl cannot be read. After an upgrade of the framework it says
what is left to do: what to generate, which tables change, and which variables have
another name. It warns of what is odd, such as events that nobody publishes or nobody
listens to. With --env it checks the environment too, without connecting anywhere: for
all functions, or for those that --only and --except leave.

With --running it replays the runs that go on through the jobs of this binary, without
running a step, and fails if a release of it would strand some: see docs/releases.md. It
needs the jobs' environment: code between steps runs. A running router tells of its
runs only who has its INNGEST_SIGNING_KEY.

Examples:
  router check --env
  router check --env --only 'jobs/**'
  router check --running https://desk.example --json`
}

// Run implements the verb.
func (c checkCmd) Run(p *world) error {
	if c.Running != "" {
		return c.checkRunning(p)
	}
	a, err := p.newApp(c.Selection)
	if err != nil {
		return err
	}
	root, err := tool.Root()
	if err != nil {
		return err
	}
	project := check.Project{
		Root:     root,
		Generate: func(ctx context.Context) (generate.Result, error) { return tool.Generate(ctx, root, true) },
		Former:   config.FormerVars(),
	}
	if c.Env {
		project.Getenv = p.Getenv
	}
	r := check.NewReport(p.Out)
	project.Check(p.Ctx, r)
	if c.Env {
		r.Add("environment", a.Configure(p.Getenv))
	}
	return r.Err()
}

// checkRunning reports what becomes of the runs in flight.
func (c checkCmd) checkRunning(p *world) error {
	report, err := p.inFlightAt(c.Running)
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(p.Out, report)
	} else {
		err = report.Write(p.Out)
	}
	if err == nil && len(report.Findings) > 0 {
		err = inflight.ErrStranded
	}
	return err
}
