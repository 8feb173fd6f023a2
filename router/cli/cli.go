// Package cli is the command line of a router: its verbs, one file each. A project's main
// hands [Main] its catalog.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"switchyard/router/internal/program"
	"switchyard/router/internal/tool"
	"switchyard/router/wire"
	"switchyard/shared/config"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2 // wrong arguments, or an environment that is not complete
	exitToDo    = 2 // with --exit-code
)

const description = `Runs functions: each a folder below functions/, all in one binary.

Examples:
  go run ./router dev              everything on this machine, no set-up
  router migrate && router serve   in production
  router functions --json          what is in this binary, for programs`

// process is a router that runs: a [tool.Process], and the project that it was built of.
type process struct {
	*tool.Process
	of wire.Program
}

// Main is the whole main of a router: it runs the verb that the arguments name, and exits
// with its status. SIGINT and SIGTERM end it in an orderly way, a second one at once.
func Main(p wire.Program) {
	cobra.EnableCommandSorting = false // help lists verbs as they are given
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second signal ends the program at once: NotifyContext catches only the first.
	context.AfterFunc(ctx, stop)
	os.Exit(Run(ctx, p, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// Run is [Main] for tests: it runs the verb in args, and returns the exit status.
func Run(ctx context.Context, of wire.Program, args, environ []string, out, errOut io.Writer) int {
	p := &process{&tool.Process{Ctx: ctx, Environ: environ, Out: out, ErrOut: errOut}, whole(of)}
	return p.status(p.Execute(p.router(), args)) //nolint:contextcheck // p has it
}

// router is the program with its verbs, one file each.
func (p *process) router() *cobra.Command {
	c := &cobra.Command{Use: "router VERB", Long: description}
	c.AddCommand(
		p.serve(), p.dev(), p.migrate(), p.functions(), p.events(), p.runs(), p.env(), p.pack(), p.register(),
		p.ofTool("init", "Begin a project that depends on this framework."),
		p.ofTool("new", "Add a function, with its test."),
		p.ofTool("own", "Make a lent function the project's own."),
		p.check(), p.parity(), p.isolation(), p.version(), p.apart(),
	)
	c.PersistentFlags().BoolFunc("version", "Print the versions.", func(string) error {
		fmt.Fprintln(p.Out, p.versions())
		return tool.StatusError(exitOK)
	})
	return c
}

// status reports err and returns the exit status that it means.
func (p *process) status(err error) int {
	if err == nil {
		return exitOK
	}
	if said, ok := errors.AsType[tool.StatusError](err); ok {
		return int(said)
	}
	fmt.Fprintf(p.ErrOut, "router: %v\n", err)
	if _, ok := errors.AsType[program.UsageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*config.Error](err); ok {
		fmt.Fprintln(p.ErrOut, "See every variable with: router env")
		return exitUsage
	}
	return exitFailure
}
