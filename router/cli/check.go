package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"switchyard/router/internal/durable/inflight"
)

type checkCmd struct {
	Env       bool
	Running   string // a URL
	JSON      bool
	Selection selection
}

func (p *process) check() *cobra.Command {
	var c checkCmd
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the project: catalog, functions, schema, what an upgrade asks.",
		Long: `Fails when the catalog or the Go file of a template is stale, a function is
malformed or does what none may (docs/functions.md), or a schema.hcl cannot be read. After an upgrade of the framework it says
what is left to do: what to generate, which tables change, and which variables have
another name. It warns of what is odd, such as events that nobody publishes or nobody
listens to. With --env it checks the environment too, without connecting anywhere: for
all functions, or for those that --only and --except leave.

With --running it replays the runs that go on through the jobs of this binary, without
running a step, and fails if a release of it would strand some: see docs/releases.md. It
needs the jobs' environment: code between steps runs. A running router tells of its
runs only who has its INNGEST_SIGNING_KEY. The router of a release has no source to check:
there, only --running works.

Examples:
  router check --env
  router check --env --only 'jobs/**'
  router check --running https://desk.example --json`,
		Args: cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			if c.JSON && c.Running == "" {
				return errors.New("--json: goes with --running")
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.BoolVar(&c.Env, "env", false, "Also check that the environment is complete, as serve would.")
	f.StringVar(&c.Running, "running", "", "Check instead whether this binary can carry on the runs in flight of the database, or of the running router, with this `URL`.")
	f.BoolVar(&c.JSON, "json", false, "With --running: print JSON, for programs.")
	c.Selection.flags(cmd)
	return cmd
}

// run reports what is wrong with the project, or, with --running, with the runs in flight.
func (c checkCmd) run(p *process) error {
	if c.Running != "" {
		return c.checkRunning(p)
	}
	return c.checkSource(p)
}

// checkRunning reports what becomes of the runs in flight.
func (c checkCmd) checkRunning(p *process) error {
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
