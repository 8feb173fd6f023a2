package main

import (
	"github.com/spf13/cobra"

	"switchyard/router/internal/scaffold/own"
	"switchyard/router/internal/tool"
	"switchyard/router/internal/version"
)

// ownCmd is the verb that makes a lent function the project's own.
func ownCmd(p *tool.Process) *cobra.Command {
	return &cobra.Command{
		Use:   "own NAME",
		Short: "Make a lent function the project's own.",
		Long: `Copies the source of a function that the project has been lent into the project, with its
templates, its internal packages, its tests if they work there, and with what the project
has changed of its Spec. From then on it is the project's to change, and new versions of the
lender do not change it.

Example:
  router own pages/signin`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			root, err := tool.Root()
			if err != nil {
				return err
			}
			return own.Own(p.Ctx, own.Options{Root: root, Framework: version.Module(), Name: args[0], Generate: refresh(root), Out: p.Out})
		},
	}
}
