package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"switchyard/internal/migrate"
	"switchyard/router/internal/generate"
)

type checkCmd struct {
	Env       bool      `help:"Also check that the environment is complete, as serve would."`
	Selection selection `embed:""`
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Fails when the catalog or the Go file of a template is stale, a function is
malformed or schema.hcl cannot be read. It warns of what is odd, such as events that
nobody publishes or nobody listens to. With --env it checks the environment too,
without connecting anywhere: for all functions, or for those that --only and --except
leave.

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
	var errs []error
	check := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
			return
		}
		fmt.Fprintf(p.out, "%s: ok\n", what)
	}
	warnings, err := p.checkCatalog()
	check("catalog", err)
	for _, w := range warnings {
		fmt.Fprintf(p.out, "warning: %s\n", w)
	}
	check("schema", migrate.Schema(p.of.Schema).Check())
	if c.Env {
		check("environment", a.Configure(p.getenv))
	}
	return errors.Join(errs...)
}

// checkCatalog fails if a function is malformed, or what is generated is not what the
// source calls for. It returns what is odd about the functions all the same.
func (p *program) checkCatalog() ([]generate.Problem, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	run := func(ctx context.Context, name string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	result, err := generate.Run(p.ctx, run, true)
	if err == nil && len(result.Changed) > 0 {
		err = fmt.Errorf("stale: %s; run `go generate ./...`", strings.Join(result.Changed, ", "))
	}
	return result.Warnings, err
}
