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

	"github.com/alecthomas/kong"

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

// statusError is an error of which all has been said, but for the program's status.
type statusError int

// Error implements error.
func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// commands are the verbs, one file each.
type commands struct {
	Serve     serveCmd     `cmd:"" help:"Serve every function over HTTP and run its jobs."`
	Dev       devCmd       `cmd:"" help:"Run the whole product on this machine, rebuilding as you edit."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database in step with the schema."`
	Functions functionsCmd `cmd:"" help:"List the functions."`
	Events    eventsCmd    `cmd:"" help:"See events, and what becomes of them."`
	Runs      runsCmd      `cmd:"" help:"See runs of jobs, and run them again."`
	Env       envCmd       `cmd:"" help:"List the environment variables, who needs them, and which are set."`
	Package   packageCmd   `cmd:"" help:"Build functions for AWS Lambda, or as containers."`
	Register  registerCmd  `cmd:"" help:"Tell Inngest where it reaches the jobs that run in packages."`
	Init      tool.Init    `cmd:"" help:"Begin a project that depends on this framework."`
	New       tool.New     `cmd:"" help:"Add a function, with its test."`
	Own       tool.Own     `cmd:"" help:"Make a lent function the project's own."`
	Check     checkCmd     `cmd:"" help:"Check the project: catalog, functions, schema, what an upgrade asks."`
	Parity    parityCmd    `cmd:"" help:"Replay requests through the host and through Lambda, and compare the answers."`
	Isolation isolationCmd `cmd:"" help:"Run bad functions beside your own, and tell how these fare."`
	Version   versionCmd   `cmd:"" help:"Print the versions of the project and of its framework."`
	Apart     apartCmd     `cmd:"" hidden:"" help:"What a router starts itself with, for functions that run apart."`

	VersionFlag kong.VersionFlag `name:"version" help:"Print the versions."`
}

const description = `Runs functions: each a folder below functions/, all in one binary.

Examples:
  go run ./router dev              everything on this machine, no set-up
  router migrate && router serve   in production
  router functions --json          what is in this binary, for programs`

// world is what a verb may touch, and the project that it is about.
type world struct {
	*tool.World
	of wire.Program
}

// Main is the whole main of a router: it runs the verb that the arguments name, and exits
// with its status. SIGINT and SIGTERM end it in an orderly way, a second one at once.
func Main(p wire.Program) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second signal ends the program at once: NotifyContext catches only the first.
	context.AfterFunc(ctx, stop)
	os.Exit(Run(ctx, p, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// Run is [Main] for tests: it runs the verb in args, and returns the exit status.
func Run(ctx context.Context, of wire.Program, args, environ []string, out, errOut io.Writer) int {
	p := &world{&tool.World{Ctx: ctx, Environ: environ, Out: out, ErrOut: errOut}, whole(of)}
	verb, status := p.Parse("router", description, &commands{}, args,
		kong.Bind(p, p.World), kong.Vars{"version": p.versions().String()})
	if verb == nil {
		return status
	}
	return p.status(verb.Run())
}

// status reports err and returns the exit status that it means.
func (p *world) status(err error) int {
	if err == nil {
		return exitOK
	}
	if said, ok := errors.AsType[statusError](err); ok {
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
