//go:build switchyard_release

package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// The router of a release has none of the verbs that build programs. They need the source and the
// go command, which are not where a release runs, and their code would take its memory.
func (*world) dev() *cobra.Command       { return ofSource("dev") }
func (*world) pack() *cobra.Command      { return ofSource("package") }
func (*world) parity() *cobra.Command    { return ofSource("parity") }
func (*world) isolation() *cobra.Command { return ofSource("isolation") }

// ofSource is a verb that says where it is.
func ofSource(name string) *cobra.Command {
	return &cobra.Command{
		Use: name, Hidden: true, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return fmt.Errorf("this is the router of a release, which builds nothing. Inside the project: go run ./router %s", name)
		},
	}
}
