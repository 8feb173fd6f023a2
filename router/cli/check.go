package cli

import (
	"context"

	"switchyard/router/internal/check"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/tool"
	"switchyard/shared/config"
)

type checkCmd struct {
	Env       bool      `help:"Also check that the environment is complete, as serve would."`
	Selection selection `embed:""`
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Fails when the catalog or the Go file of a template is stale, a function is
malformed or a schema.hcl cannot be read. After an upgrade of the framework it says
what is left to do: what to generate, which tables change, and which variables have
another name. It warns of what is odd, such as events that nobody publishes or nobody
listens to. With --env it checks the environment too, without connecting anywhere: for
all functions, or for those that --only and --except leave.

Examples:
  router check --env
  router check --env --only 'jobs/**'`
}

// Run implements the verb.
func (c checkCmd) Run(p *world) error {
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
