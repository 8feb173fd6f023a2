//go:build !switchyard_release

package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"switchyard/internal/schema"
	"switchyard/router/internal/emulate"
	"switchyard/router/internal/parity"
	"switchyard/router/internal/program"
	"switchyard/router/internal/tool"
)

type parityCmd struct {
	Files   []string
	Front   []string // names
	Zip     string   // a file
	Skipped bool
	Logs    bool
}

func (p *process) parity() *cobra.Command {
	var c parityCmd
	cmd := &cobra.Command{
		Use:   "parity [FILE...]",
		Short: "Replay requests through the host and through Lambda, and compare the answers.",
		Long: `Sends the same requests to the functions on the long-running host and on Lambda, behind
each front door of AWS, and fails at any difference in status, headers, cookies or bytes.
Lambda and the front doors are stand-ins on this machine; the program is a real one. It
needs the repository's source and the go command.

Without files of requests (.http) it sends what the router brings along to functions made for that, in a few
seconds. With files it builds your functions, and gives each side a database and a bucket
of its own. A file looks so:

  ### sign up
  # @set token "token":"([^"]+)"
  POST /api/auth/sign-up/email
  Content-Type: application/json
  Origin: https://parity.example

  {"name":"Ada","email":"ada@example.com","password":"correct horse battery"}

  ### a picture
  # @mask "id":"([^"]+)"
  # @except alb alb-multi: a load balancer takes 1 MB
  PUT /pictures/1?token={{token}}

  < picture.png

@set keeps the first group of what matches in the answer, @mask blots out what may
differ, for all requests if it stands before the first; @status N is what the host must
answer, @repeat N repeats the body, @only and @except choose front doors. Cookies are kept
within a file.

No fault is what AWS forces:

` + parity.ForcedTable() + `
Examples:
  go run ./router parity
  go run ./router parity --front http-api requests/*.http
  go run ./router parity --zip dist/orders.zip requests/*.http`,
		PreRunE: func(_ *cobra.Command, args []string) (err error) {
			c.Files = args
			if c.Zip, err = tool.Path(c.Zip); err != nil { // "~" behind "=" is no business of the shell
				return err
			}
			return c.check()
		},
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&c.Front, "front", nil, "Only the front door of this `NAME`: function-url, function-url-stream, http-api, rest-api, rest-api-stream, alb or alb-multi. May be repeated.")
	f.StringVar(&c.Zip, "zip", "", "Send the requests to the program of this package, a `FILE`, which is for this machine's kind of processor.")
	f.BoolVar(&c.Skipped, "skipped", false, "List the requests that a front door cannot carry, and why.")
	f.BoolVar(&c.Logs, "logs", false, "Show what the programs log.")
	return cmd
}

// check says which of the files is not there.
func (c parityCmd) check() error {
	for _, name := range append(slices.Clone(c.Files), c.Zip) {
		if name == "" {
			continue
		}
		if _, err := os.Stat(name); err != nil {
			return err
		}
	}
	return nil
}

// run replays, and tells what differs.
func (c parityCmd) run(p *process) error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	o := parity.Options{Kinds: emulate.Kinds()}
	if len(c.Front) > 0 {
		o.Kinds = nil
	}
	for _, name := range c.Front {
		k, err := emulate.ParseKind(name)
		if err != nil {
			return program.UsageError(err.Error())
		}
		o.Kinds = append(o.Kinds, k)
	}
	if c.Logs {
		o.Log = p.ErrOut
	}
	dir, remove, err := parity.TempDir()
	if err != nil {
		return err
	}
	report, err := c.replay(p, o, root, dir)
	if err := errors.Join(err, remove()); err != nil {
		return err
	}
	return c.tell(p, report, len(o.Kinds))
}

// replay sends the requests to a program that is built in dir.
func (c parityCmd) replay(p *process, o parity.Options, root, dir string) (report *parity.Report, err error) {
	if c.Zip != "" && len(c.Files) == 0 {
		return nil, program.UsageError("--zip needs files of requests: what the router brings along is for other functions")
	}
	if len(c.Files) == 0 {
		o.Env = parity.ProbesEnv
		if o.Files, err = parity.Corpus(); err != nil {
			return nil, err
		}
		if o.Bootstrap, err = parity.BuildProbes(p.Ctx, root, dir); err != nil {
			return nil, err
		}
		return parity.Run(p.Ctx, o)
	}
	for _, name := range c.Files {
		f, err := parity.Open(name)
		if err != nil {
			return nil, err
		}
		o.Files = append(o.Files, f)
	}
	if c.Zip != "" {
		o.Bootstrap, err = parity.Unzip(c.Zip, dir)
	} else {
		o.Bootstrap, err = parity.Build(p.Ctx, root, dir)
	}
	if err != nil {
		return nil, err
	}
	services, err := parity.OpenServices(p.Ctx, schema.Source(p.of.Schema), p.Environ, func(s string) { fmt.Fprintln(p.ErrOut, s) })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	o.Env = services.Env
	return parity.Run(p.Ctx, o)
}

// tell prints the report, and fails if there is a difference.
func (c parityCmd) tell(p *process, r *parity.Report, fronts int) error {
	for _, d := range r.Differences {
		fmt.Fprintln(p.Out, d)
	}
	if c.Skipped {
		for _, s := range r.Skipped {
			fmt.Fprintf(p.Out, "left out: %s: %s: %s\n", s.Kind, s.Request, s.Reason)
		}
	}
	fmt.Fprintf(p.Out, "Requests: %d; front doors: %d; answers compared: %d, left out: %d; differences: %d\n",
		r.Requests, fronts, r.Compared, len(r.Skipped), len(r.Differences))
	if len(r.Differences) > 0 {
		return errors.New("the host and Lambda do not answer alike")
	}
	return nil
}
