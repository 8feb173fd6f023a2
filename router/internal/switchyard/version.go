package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/router/internal/tool"
	"switchyard/router/internal/version"
)

// versionCmd is the verb that prints the version of the framework.
func versionCmd(p *tool.Process) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the framework.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.Out, version.OfFramework())
			return err
		},
	}
}
