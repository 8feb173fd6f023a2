package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"switchyard/shared/stack/process"
)

// inngestMoved is in what the server says when its port is taken and it moves to
// the next one, where nobody would find it.
const inngestMoved = `"name":"dev server api"`

// InngestOptions is how Inngest is started.
type InngestOptions struct {
	Options
	// App is the URL of the application's /api/inngest, which the server asks for
	// its functions every few seconds. Defaults to none: the application registers
	// itself.
	App string
}

// Inngest is a running Inngest development server. It keeps runs and events in
// memory alone.
type Inngest struct {
	URL      string // http://127.0.0.1:<port>, of its API and its pages
	EventKey string // what events are sent with; the server takes any

	process *process.Process
}

// StartInngest starts the Inngest server, which [BuildInngest] finds or builds, and
// returns when it answers.
func StartInngest(ctx context.Context, o InngestOptions) (*Inngest, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	program, err := BuildInngest(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	var in *Inngest
	err = withPort(o.Options, func(port int) error {
		in, err = startInngest(ctx, o, program, port)
		return err
	})
	return in, err
}

func startInngest(ctx context.Context, o InngestOptions, program string, port int) (*Inngest, error) {
	dir := filepath.Join(o.Dir, "inngest")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	args, err := inngestArgs(o.App, port)
	if err != nil {
		return nil, err
	}
	claim, err := process.Take(o.Dir, "inngest")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	cmd.Dir = dir
	setEnv(cmd, []string{"INNGEST_", "LOG_", "DEBUG="}, "DO_NOT_TRACK=1") // each flag is also a variable
	in := &Inngest{URL: "http://127.0.0.1:" + strconv.Itoa(port), EventKey: "development"}
	moved := func(p *process.Process) bool { return strings.Contains(p.Tail(), inngestMoved) }
	in.process, err = start(ctx, process.Command{
		Label: "Inngest", Cmd: cmd, Claim: claim, Log: o.Log,
	}, func(ctx context.Context, p *process.Process) error {
		if moved(p) {
			return nil
		}
		return healthy(ctx, in.URL+"/health")
	})
	if err != nil {
		return nil, err
	}
	if moved(in.process) {
		return nil, errors.Join(fmt.Errorf("start Inngest on port %d: %w", port, errPortTaken), in.Stop())
	}
	return in, nil
}

// inngestArgs returns the server's arguments. It listens on three ports besides
// port, which cannot be turned off.
func inngestArgs(app string, port int) ([]string, error) {
	args := []string{
		"dev", "--host", "127.0.0.1", "--port", strconv.Itoa(port),
		"--no-discovery", "--retry-interval", "1",
	}
	if app == "" {
		args = append(args, "--no-poll")
	} else {
		args = append(args, "--sdk-url", app)
	}
	flags := []string{"--connect-gateway-port", "--connect-gateway-grpc-port", "--connect-executor-grpc-port"}
	ports, err := freePorts(len(flags))
	if err != nil {
		return nil, err
	}
	for i, flag := range flags {
		args = append(args, flag, strconv.Itoa(ports[i]))
	}
	return args, nil
}

// Done is closed when the server has ended, by Stop or by itself.
func (i *Inngest) Done() <-chan struct{} { return i.process.Done() }

// Stop ends the server, and with it what it has in memory. It may be called more
// than once; it fails if the server had to be killed.
func (i *Inngest) Stop() error { return i.process.Stop() }
