package main

import (
	"errors"
	"fmt"

	"switchyard/router/internal/generate"
	"switchyard/schema/migrate"
)

type checkCmd struct {
	Env       bool      `help:"Also check that the environment is complete, as serve would."`
	Selection selection `embed:""`
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Fails when the catalog is stale, a function is malformed or schema.hcl cannot be
read. With --env it checks the environment too, without connecting anywhere: for all
functions, or for those that --only and --except leave.

Examples:
  router check --env
  router check --env --only 'jobs/**'`
}

// Run implements the verb.
func (c checkCmd) Run(p *program) error {
	a, err := newApp(c.Selection)
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
	check("catalog", p.checkCatalog())
	check("schema", migrate.Check())
	if c.Env {
		check("environment", a.configure(p))
	}
	return errors.Join(errs...)
}

// checkCatalog fails if a function is malformed or the catalog is not what the
// functions call for.
func (p *program) checkCatalog() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	stale, err := generate.Stale(p.ctx, root)
	if err != nil {
		return err
	}
	if stale {
		return errors.New("router/catalog/catalog_gen.go is stale; run `go generate ./...`")
	}
	return nil
}
