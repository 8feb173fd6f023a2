package main

import (
	"context"

	"github.com/spf13/cobra"

	"switchyard/router/internal/check"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/tool"
	"switchyard/shared/config"
)

// checkCmd is the verb that checks a project's source.
func checkCmd(p *tool.Process) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the project's source: catalog, functions, schema.",
		Long: `Says whether what is generated is fresh, which functions are malformed or do what none
may, and what an upgrade of the framework asks for. The router's own check also looks at
the environment.

Example:
  go tool switchyard check`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return checkSource(p) },
	}
}

// checkSource reports what is wrong with the source of the project.
func checkSource(p *tool.Process) error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	r := check.NewReport(p.Out)
	check.Project{
		Root: root, Former: config.FormerVars(),
		Generate: func(ctx context.Context) (generate.Result, error) {
			result, err := update(ctx, root, true)
			if err == nil && len(result.Problems) > 0 {
				err = &generate.Error{Problems: result.Problems}
			}
			return result, err
		},
	}.Check(p.Ctx, r)
	return r.Err()
}
