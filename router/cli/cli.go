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
	"slices"
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

// command is a verb.
type command struct {
	name, help string
	grammar    any      // of kong
	tags       []string // the same
}

// commands are the verbs, one file each.
func commands() []command {
	return []command{
		{name: "serve", help: "Serve every function over HTTP and run its jobs.", grammar: &serveCmd{}},
		{name: "dev", help: "Run the whole product on this machine, rebuilding as you edit.", grammar: &devCmd{}},
		{name: "migrate", help: "Bring the database in step with the schema.", grammar: &migrateCmd{}},
		{name: "functions", help: "List the functions.", grammar: &functionsCmd{}},
		{name: "events", help: "See events, and what becomes of them.", grammar: &eventsCmd{}},
		{name: "runs", help: "See runs of jobs, and run them again.", grammar: &runsCmd{}},
		{name: "env", help: "List the environment variables, who needs them, and which are set.", grammar: &envCmd{}},
		{name: "package", help: "Build functions for AWS Lambda, or as containers.", grammar: &packageCmd{}},
		{name: "register", help: "Tell Inngest where it reaches the jobs that run in packages.", grammar: &registerCmd{}},
		{name: "init", help: "Begin a project that depends on this framework.", grammar: &tool.Init{}},
		{name: "new", help: "Add a function, with its test.", grammar: &tool.New{}},
		{name: "own", help: "Make a lent function the project's own.", grammar: &tool.Own{}},
		{name: "check", help: "Check the project: catalog, functions, schema, what an upgrade asks.", grammar: &checkCmd{}},
		{name: "parity", help: "Replay requests through the host and through Lambda, and compare the answers.", grammar: &parityCmd{}},
		{name: "isolation", help: "Run bad functions beside your own, and tell how these fare.", grammar: &isolationCmd{}},
		{name: "version", help: "Print the versions of the project and of its framework.", grammar: &versionCmd{}},
		{name: "apart", help: "What a router starts itself with, for functions that run apart.", grammar: &apartCmd{}, tags: []string{`hidden:""`}},
	}
}

// meant returns the verb that args begin with: to parse with all of them would take a tenth of the
// time in which a router starts. It returns all if args begin with none.
func meant(args []string) []command {
	all := commands()
	if i := slices.IndexFunc(all, func(c command) bool { return len(args) > 0 && c.name == args[0] }); i >= 0 {
		return all[i : i+1]
	}
	return all
}

// flags are those of the router itself.
type flags struct {
	Version kong.VersionFlag `help:"Print the versions."`
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
	options := []kong.Option{kong.Bind(p, p.World), kong.Vars{"version": p.versions().String()}}
	for _, c := range meant(args) {
		options = append(options, kong.DynamicCommand(c.name, c.help, "", c.grammar, c.tags...))
	}
	verb, status := p.Parse("router", description, &flags{}, args, options...)
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
