package tool

import "switchyard/router/internal/scaffold"

// Init is the verb that begins a project.
type Init struct {
	Dir    string `arg:"" help:"Where the project is to be: a folder that is empty, or not there yet." type:"path"`
	Module string `required:"" help:"The path of its module." placeholder:"example.com/you/orders"`
	Name   string `help:"What people see it called. Defaults to the end of the module's path." placeholder:"NAME"`
	Bare   bool   `help:"Without signing in and pages: no table of users, no secret."`
}

// Help implements kong.HelpProvider.
func (Init) Help() string {
	return `Writes a project that depends on this framework: a small product with a page, an
endpoint, a job, a schedule, a table, a test for each, and signing in, which the framework
lends. It builds and runs at once. If an option is wrong, or the folder is not empty, it says
so and writes nothing.

Examples:
  router init ../orders --module example.com/acme/orders --name Orders
  router init ../relay --module example.com/acme/relay --bare`
}

// Run implements the verb.
func (c Init) Run(w *World) error {
	return scaffold.Init(w.Ctx, scaffold.Options{Dir: c.Dir, Module: c.Module, Name: c.Name, Bare: c.Bare, Out: w.Out})
}
