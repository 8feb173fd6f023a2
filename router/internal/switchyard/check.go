package main

import (
	"context"

	"switchyard/router/internal/check"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/tool"
	"switchyard/shared/config"
)

type checkCmd struct{}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Says whether what is generated is fresh, which functions are malformed or do what none
may, and what an upgrade of the framework asks for. The router's own check also looks at
the environment.

Example:
  go tool switchyard check`
}

// Run implements the verb.
func (checkCmd) Run(w *tool.World) error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	r := check.NewReport(w.Out)
	check.Project{
		Root: root, Former: config.FormerVars(),
		Generate: func(ctx context.Context) (generate.Result, error) {
			result, err := update(ctx, root, true)
			if err == nil && len(result.Problems) > 0 {
				err = &generate.Error{Problems: result.Problems}
			}
			return result, err
		},
	}.Check(w.Ctx, r)
	return r.Err()
}
