// Command switchyard is the tool of a project: it begins one, and writes what is generated
// in it. Other than the project's router it also runs while the project does not compile.
// A project's go.mod names it, so that it runs as
//
//	go tool switchyard --help
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"switchyard/router/internal/program"
	"switchyard/router/internal/tool"
)

// commands are the verbs.
type commands struct {
	Init     tool.Init   `cmd:"" help:"Begin a project that depends on this framework."`
	New      tool.New    `cmd:"" help:"Add a function, with its test."`
	Own      tool.Own    `cmd:"" help:"Make a lent function the project's own."`
	Generate generateCmd `cmd:"" help:"Write the catalog, and the Go files of templates."`
	Check    checkCmd    `cmd:"" help:"Check the project's source: catalog, functions, schema."`
	Version  versionCmd  `cmd:"" help:"Print the version of the framework."`
}

const description = `Works on the source of a project, whether or not it compiles. What runs the project is
its router: see go run ./router --help.

Examples:
  go tool switchyard new endpoint notes/list --route "GET /api/notes"
  go tool switchyard generate`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	status := run(&tool.World{Ctx: ctx, Environ: os.Environ(), Out: os.Stdout, ErrOut: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(status)
}

// run runs the verb in args, and returns the exit status: 1 if it fails, 2 for wrong
// arguments.
func run(w *tool.World, args []string) int {
	verb, status := w.Parse("switchyard", description, &commands{}, args, kong.Bind(w))
	if verb == nil {
		return status
	}
	err := verb.Run()
	if _, ok := errors.AsType[program.UsageError](err); ok {
		fmt.Fprintf(w.ErrOut, "switchyard: %v\n", err)
		return 2
	}
	if err != nil {
		fmt.Fprintln(w.ErrOut, err)
		return 1
	}
	return 0
}
