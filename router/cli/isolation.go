//go:build !switchyard_release

package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/internal/schema"
	"switchyard/internal/spelling"
	"switchyard/router/internal/isolation"
	"switchyard/router/internal/parity"
	"switchyard/router/internal/program"
	"switchyard/router/internal/tool"
)

type isolationCmd struct {
	Only                 []string // neighbours
	Mode                 string
	Quiet, Seconds, Rate int
	JSON, Markdown       bool
	Logs                 bool
}

// after is for how long the others are asked when the neighbour is called no more.
const after = 2 * time.Second

func (p *process) isolation() *cobra.Command {
	c := isolationCmd{Mode: "both"}
	cmd := &cobra.Command{
		Use:   "isolation",
		Short: "Run bad functions beside your own, and tell how these fare.",
		Long: `Shows what a bad function does to its neighbours: yours. It builds your router once more,
with functions that do harm, starts it anew for each of them, with a PostgreSQL and an S3
server of its own, and asks the others all the time: the public GET routes of the project
without parameters or a RateLimit, /livez, and two of the framework. It prints how many of them failed, how long
the slowest took (p99) against the quiet before, whether the process lived, and whether log
and metrics name the neighbour. It needs the repository's source and the go command, and
about ten minutes.

The status is 1 if others failed beside a neighbour that could be held. In one process with
others, that is all but those which end a process of Go: a panic in a goroutine, a race on a map, a stack that
overflows, os.Exit, and memory that never ends.

Neighbours:
` + listNeighbours() + `
Examples:
  go run ./router isolation
  go run ./router isolation --only deadlock --only exit --mode apart
  go run ./router isolation --markdown > isolation.md`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&c.Only, "only", nil, "Only this `NEIGHBOUR`: see the list above. May be repeated.")
	f.Var(tool.OneOf(&c.Mode, "in-process", "apart", "both"), "mode", "Where the neighbour runs: in-process, apart, or both, one after the other.")
	f.IntVar(&c.Quiet, "quiet", 4, "How many `SECONDS` before the neighbour is called.")
	f.IntVar(&c.Seconds, "seconds", 8, "For how many `SECONDS` it is called.")
	f.IntVar(&c.Rate, "rate", 50, "How often in a second, `N` times, the others are asked.")
	f.BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	f.BoolVar(&c.Markdown, "markdown", false, "Print a table of Markdown.")
	f.BoolVar(&c.Logs, "logs", false, "Show what the routers log.")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// listNeighbours says what bad functions there are.
func listNeighbours() string {
	var list strings.Builder
	for _, n := range isolation.Neighbours() {
		fmt.Fprintf(&list, "  %-19s %s\n", n.Name, n.Does)
	}
	return list.String()
}

// run runs bad functions, one after the other.
func (c isolationCmd) run(p *process) (err error) {
	o, err := c.options(p)
	if err != nil {
		return err
	}
	root, err := tool.Root()
	if err != nil {
		return err
	}
	dir, remove, err := parity.TempDir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	fmt.Fprintln(p.ErrOut, "building the router with neighbours")
	if o.Program, err = isolation.Build(p.Ctx, root, dir); err != nil {
		return err
	}
	services, err := parity.OpenServices(p.Ctx, schema.Source(p.of.Schema), p.Environ, func(s string) { fmt.Fprintln(p.ErrOut, s) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	if o.Env, err = services.Env(p.Ctx, "isolation"); err != nil {
		return err
	}
	fmt.Fprintf(p.ErrOut, "%d neighbours, about %s\n", len(o.Neighbours), o.Estimate().Round(10*time.Second))
	results, err := isolation.Run(p.Ctx, o)
	if err != nil {
		return err
	}
	return c.tell(p, results)
}

// options returns what to run. The error is a program.UsageError.
func (c isolationCmd) options(p *process) (isolation.Options, error) {
	o := isolation.Options{
		Paths: isolation.Paths(p.of.Functions), Neighbours: isolation.Fitting(p.of.Functions), Modes: isolation.Modes(),
		Quiet: time.Duration(c.Quiet) * time.Second, Bad: time.Duration(c.Seconds) * time.Second, After: after,
		Rate: c.Rate, Progress: p.ErrOut,
	}
	if c.Quiet < 1 || c.Seconds < 1 || c.Rate < 1 {
		return o, program.UsageError("--quiet, --seconds and --rate are 1 at least")
	}
	if c.Logs {
		o.Log = p.ErrOut
	}
	if c.Mode != "both" {
		o.Modes = []isolation.Mode{isolation.Mode(c.Mode)}
	}
	if len(c.Only) == 0 {
		return o, nil
	}
	var names []string
	for _, n := range o.Neighbours {
		names = append(names, n.Name)
	}
	for _, name := range c.Only {
		if !slices.Contains(names, name) {
			meant := cmp.Or(spelling.Near(name, names), strings.Join(names, ", "))
			return o, program.UsageError(fmt.Sprintf("there is no neighbour %q here: did you mean %s?", name, meant))
		}
	}
	o.Neighbours = slices.DeleteFunc(o.Neighbours, func(n isolation.Neighbour) bool { return !slices.Contains(c.Only, n.Name) })
	return o, nil
}

// tell prints the results, and fails if others were hurt that must not be.
func (c isolationCmd) tell(p *process, results []isolation.Result) error {
	var err error
	switch {
	case c.JSON:
		e := json.NewEncoder(p.Out)
		e.SetIndent("", "  ")
		err = e.Encode(results)
	case c.Markdown:
		err = isolation.Markdown(p.Out, results)
	default:
		err = isolation.Table(p.Out, results)
	}
	if i := slices.IndexFunc(results, isolation.Result.Hurt); err == nil && i >= 0 {
		err = fmt.Errorf("others were hurt, first beside %s, %s: %s", results[i].Neighbour, results[i].Mode, results[i].Error)
	}
	return err
}
