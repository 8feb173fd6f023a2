//go:build switchyard_release

package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// The router of a release has no verb that needs the source and the go command: they are not there
// where a release runs, and the code would take memory.
func (*process) dev() *cobra.Command       { return ofSource("dev") }
func (*process) pack() *cobra.Command      { return ofSource("package") }
func (*process) parity() *cobra.Command    { return ofSource("parity") }
func (*process) isolation() *cobra.Command { return ofSource("isolation") }

// ofSource is a verb that says where it is.
func ofSource(name string) *cobra.Command {
	return &cobra.Command{
		Use: name, Hidden: true, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error { return needsSource(name) },
	}
}

// checkSource says where the source can be checked. With --running, check works in a release, too.
func (checkCmd) checkSource(*process) error { return needsSource("check") }

func needsSource(verb string) error {
	return fmt.Errorf("this is the router of a release, which has no source. Inside the project: go run ./router %s", verb)
}
