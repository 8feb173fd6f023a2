package cli

import (
	"context"
	"os/exec"

	"switchyard/router/internal/check"
	"switchyard/router/internal/generate"
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
func (c checkCmd) Run(p *program) error {
	a, err := p.newApp(c.Selection)
	if err != nil {
		return err
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	project := check.Project{
		Root:     root,
		Generate: func(ctx context.Context) (generate.Result, error) { return generate.Run(ctx, inFolder(root), true) },
		Former:   config.FormerVars(),
	}
	if c.Env {
		project.Getenv = p.getenv
	}
	r := check.NewReport(p.out)
	project.Check(p.ctx, r)
	if c.Env {
		r.Add("environment", a.Configure(p.getenv))
	}
	return r.Err()
}

// inFolder returns what runs commands in a folder.
func inFolder(dir string) generate.Runner {
	return func(ctx context.Context, name string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}
