package cli

import (
	"fmt"
	"os"

	"switchyard/internal/project"
	"switchyard/router/internal/app"
	"switchyard/router/internal/dev"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/tool"
)

type devCmd struct {
	Port  *int   `help:"The page's port; 0 takes any free one. Without this flag 3000, or the next free port." placeholder:"PORT"`
	State string `help:"Where data, addresses and binaries are kept. Without this flag .switchyard at the top of the project." placeholder:"DIR" type:"path"`
	Reset bool   `help:"Begin with an empty database; schema/seed.sql fills it. Jobs begin anew, files stay."`
	Watch bool   `default:"true" negatable:"" help:"Rebuild and restart when files change."`
}

const defaultDevPort = 3000

// Help implements kong.HelpProvider.
func (devCmd) Help() string {
	return `Starts a real PostgreSQL, a real S3 server and the real Inngest server on this
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
  go run ./router dev --port 0 --state /tmp/orders --no-watch`
}

// Run implements the verb.
func (c devCmd) Run(p *world) error {
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
	port := defaultDevPort
	if c.Port != nil {
		port = *c.Port
	}
	return dev.Run(p.Ctx, dev.Config{
		Root:      root,
		Port:      port,
		PortFixed: c.Port != nil,
		State:     c.State,
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
