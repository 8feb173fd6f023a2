package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"switchyard/router/internal/app"
	"switchyard/router/internal/app/parts"
	"switchyard/router/internal/remote"
)

type serveCmd struct {
	Selection selection
	Apart     []string // patterns
}

func (p *process) serve() *cobra.Command {
	var c serveCmd
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve every function over HTTP and run its jobs.",
		Long: `Listens on HOST:PORT until SIGTERM, then finishes what runs and exits. On AWS
Lambda (AWS_LAMBDA_RUNTIME_API is set) it takes events instead.
The environment says where everything is: see router env. With --only or --except
it loads a part of the functions, and needs no more than they do: so pages and jobs
can be services that scale apart. Inngest knows them as one app.

With --apart, or SWITCHYARD_APART, functions run in processes of their own beside this
one, a process for each pattern, so that what ends such a process ends no other.

Examples:
  DATABASE_URL=postgres://… PORT=8080 router serve
  router serve --except 'jobs/**'
  router serve --only 'jobs/**'
  router serve --apart 'api/reports/**' --apart jobs/convert`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	c.Selection.flags(cmd)
	cmd.Flags().StringArrayVar(&c.Apart, "apart", nil, "Run the functions whose names match this `PATTERN` in a process of their own: 'api/reports/**'. May be repeated, for more processes.")
	return cmd
}

// run serves until the context ends.
func (c serveCmd) run(p *process) error {
	a, err := p.newApp(c.Selection)
	if a == nil {
		return err
	}
	getenv, unknown := p.addApart(a, c.Apart)
	if err := errors.Join(err, unknown); err != nil { // which is not all that may be wrong
		return errors.Join(err, a.Configure(p.Getenv))
	}
	return a.Run(p.Ctx, getenv, p.Out)
}

// newApp returns the app of the functions that which selects, where the environment may
// say that some of them run elsewhere. If it says so of one that there is not, newApp returns
// the app with the error, for the rest of the environment to be looked at.
func (p *process) newApp(which selection) (*app.App, error) {
	all := p.of.Functions
	some, err := which.of(all)
	if err != nil {
		return nil, err
	}
	c, unknown := elsewhere(p.Getenv, all)
	a, err := app.New(p.of, remote.Here(some, c), parts.All())
	if err != nil {
		return nil, err
	}
	addElsewhere(a, c)
	return a, unknown
}
