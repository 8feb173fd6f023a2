package main

import (
	"github.com/spf13/cobra"

	"switchyard/router/internal/scaffold"
	"switchyard/router/internal/tool"
)

// initCmd is the verb that begins a project. The router hands its own to this one, as it does
// with new and own: help speaks of both.
func initCmd(p *tool.Process) *cobra.Command {
	o := scaffold.Options{Out: p.Out}
	c := &cobra.Command{
		Use:   "init DIR --module PATH",
		Short: "Begin a project that depends on this framework.",
		Long: `Writes a project that depends on this framework into the folder DIR, which is empty, or
not there yet: a small product with a page, an endpoint, a job, a schedule, a table, a test
for each, and signing in, which the framework lends. It builds and runs at once. If an option
is wrong, or the folder is not empty, it says so and writes nothing.

Examples:
  router init ../orders --module example.com/acme/orders --name Orders
  router init ../relay --module example.com/acme/relay --bare`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if o.Dir, err = tool.Path(args[0]); err != nil {
				return err
			}
			return scaffold.Init(p.Ctx, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Module, "module", "", "The `PATH` of its module: example.com/you/orders.")
	f.StringVar(&o.Name, "name", "", "The `NAME` that people see. Defaults to the end of the module's path.")
	f.BoolVar(&o.Bare, "bare", false, "Without signing in and pages: no table of users, no secret.")
	_ = c.MarkFlagRequired("module") // it is there
	return c
}
