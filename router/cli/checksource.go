//go:build !switchyard_release

package cli

import (
	"context"
	"errors"

	"switchyard/router/internal/check"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/tool"
	"switchyard/shared/config"
)

// checkSource reports what is wrong with the project, and with the environment if that is asked for.
func (c checkCmd) checkSource(p *process) error {
	a, unknown := p.newApp(c.Selection)
	if a == nil {
		return unknown
	}
	root, err := tool.Root()
	if err != nil {
		return err
	}
	project := check.Project{
		Root:     root,
		Generate: func(ctx context.Context) (generate.Result, error) { return generate.Run(ctx, generate.In(root), true) },
		Former:   config.FormerVars(),
	}
	if c.Env {
		project.Getenv = p.Getenv
	}
	r := check.NewReport(p.Out)
	project.Check(p.Ctx, r)
	if c.Env {
		r.Add("environment", errors.Join(unknown, a.Configure(p.Getenv)))
	}
	return r.Err()
}
