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

	"github.com/spf13/cobra"

	"switchyard/router/internal/program"
	"switchyard/router/internal/tool"
	"switchyard/router/internal/version"
)

const description = `Works on the source of a project, whether or not it compiles. What runs the project is
its router: see go run ./router --help.

Examples:
  go tool switchyard new endpoint notes/list --route "GET /api/notes"
  go tool switchyard generate`

func main() {
	cobra.EnableCommandSorting = false // help lists verbs as they are given
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	status := run(&tool.Process{Ctx: ctx, Environ: os.Environ(), Out: os.Stdout, ErrOut: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(status)
}

// run runs the verb in args, and returns the exit status: 1 if it fails, 2 for wrong
// arguments.
func run(p *tool.Process, args []string) int {
	root := &cobra.Command{Use: "switchyard VERB", Long: description}
	root.AddCommand(initCmd(p), newCmd(p), ownCmd(p), generateCmd(p), checkCmd(p), versionCmd(p))
	root.PersistentFlags().BoolFunc("version", "Print the version.", func(string) error {
		fmt.Fprintln(p.Out, version.OfFramework())
		return tool.StatusError(0)
	})
	err := p.Execute(root, args)
	if err == nil {
		return 0
	}
	if said, ok := errors.AsType[tool.StatusError](err); ok {
		return int(said)
	}
	if _, ok := errors.AsType[program.UsageError](err); ok {
		fmt.Fprintf(p.ErrOut, "switchyard: %v\n", err)
		return 2
	}
	fmt.Fprintln(p.ErrOut, err)
	return 1
}
