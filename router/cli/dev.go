//go:build !switchyard_release

package cli

import (
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"switchyard/internal/project"
	"switchyard/router/internal/app"
	"switchyard/router/internal/dev"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/tool"
)

type devCmd struct {
	Port      int
	PortFixed bool
	State     string // a folder
	Reset     bool
	Watch     bool
}

const defaultDevPort = 3000

func (p *process) dev() *cobra.Command {
	var c devCmd
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run the whole product on this machine, rebuilding as you edit.",
		Long: `Starts a real PostgreSQL, a real S3 server and the real Inngest server on this
machine, those of them that the functions need, migrates, serves, and rebuilds as you
edit. Ctrl-C stops all of it; events that wait and jobs that sleep go on in the next run.
The first run builds the S3 and Inngest servers with the Go toolchain, which takes some
minutes; the page is up before that. Addresses are in .switchyard/dev.json.

An edit of the schema is applied as the app is replaced, and its statements are shown. What
would lose data is refused, and the app before it stays. A new database gets the rows of
schema/seed.sql, if there is that file. To begin with empty data altogether, stop it and
remove .switchyard.

Examples:
  go run ./router dev
  go run ./router dev --reset    begin with an empty database
  go run ./router dev --port 0 --state /tmp/orders --no-watch`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.PortFixed = cmd.Flags().Changed("port")
			return c.run(p)
		},
	}
	f := cmd.Flags()
	f.IntVar(&c.Port, "port", defaultDevPort, "The page's `PORT`; 0 takes any free one. Without this flag also the next free one is taken.")
	f.StringVar(&c.State, "state", "", "The `DIR` where data, addresses and binaries are kept. Without this flag .switchyard at the top of the project.")
	f.BoolVar(&c.Reset, "reset", false, "Begin with an empty database; schema/seed.sql fills it. Jobs begin anew, files stay.")
	f.BoolVar(&c.Watch, "watch", true, "Rebuild and restart when files change.")
	f.BoolFunc("no-watch", "Do not rebuild.", func(text string) error {
		no, err := strconv.ParseBool(text)
		c.Watch = !no
		return err
	})
	return cmd
}

// run runs it until the context ends.
func (c devCmd) run(p *process) error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this executable: %w", err)
	}
	a, err := app.New(p.of, p.of.Functions, app.Parts{})
	if err != nil {
		return err
	}
	var names []string
	for _, use := range a.Needs.Vars() {
		names = append(names, use.Name)
	}
	state, err := tool.Path(c.State)
	if err != nil {
		return err
	}
	return dev.Run(p.Ctx, dev.Config{
		Root:      root,
		Port:      c.Port,
		PortFixed: c.PortFixed,
		State:     state,
		Watch:     c.Watch,
		Reset:     c.Reset,
		Out:       p.Out,
		Color:     logger.IsTerminal(p.Out) && p.Getenv("NO_COLOR") == "",
		Env:       p.Environ,
		Self:      self,
		Project:   project.Name(),
		Variables: names,
	})
}
