package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/stack/process"
)

// inngestMoved is in what the server says when its port is taken and it moves to
// the next one, where nobody would find it.
const inngestMoved = `"name":"dev server api"`

// Inngest is a running Inngest development server. It keeps functions, runs and
// events in memory alone, and asks nobody for functions: applications register.
type Inngest struct {
	URL      string // http://127.0.0.1:<port>, of its API and its pages
	EventKey string // what events are sent with; the server takes any

	process *process.Process
}

// StartInngest starts the Inngest server, which [BuildInngest] finds or builds, and
// returns when it answers.
func StartInngest(ctx context.Context, o Options) (*Inngest, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	program, err := BuildInngest(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	var in *Inngest
	err = withPort(o, func(port int) error {
		in, err = startInngest(ctx, o, program, port)
		return err
	})
	return in, err
}

func startInngest(ctx context.Context, o Options, program string, port int) (*Inngest, error) {
	dir := filepath.Join(o.Dir, "inngest")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	args, err := inngestArgs(port)
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
		if err := healthy(ctx, in.URL+"/health"); err != nil {
			return err
		}
		return in.takesEvents(ctx)
	})
	if err != nil {
		return nil, err
	}
	if moved(in.process) {
		return nil, errors.Join(fmt.Errorf("start Inngest on port %d: %w", port, errPortTaken), in.Stop())
	}
	return in, nil
}

// probe is an event to which nobody listens.
const probe = "switchyard/probe"

// takesEvents returns nil once the server handles events. Before that it answers as
// healthy, and takes events with 200 only to lose them: for some milliseconds
// nobody reads the queue in memory that it puts them into. So probes are sent
// until one of them has arrived.
func (i *Inngest) takesEvents(ctx context.Context) error {
	var list struct{ Data []struct{ Name string } }
	// The server remembers its answers by their URL.
	fresh := fmt.Sprintf("%s/v1/events?name=%s&_=%d", i.URL, probe, time.Now().UnixNano())
	if err := ask(ctx, http.MethodGet, fresh, "", &list); err != nil {
		return err
	}
	if len(list.Data) > 0 {
		return nil
	}
	if err := ask(ctx, http.MethodPost, i.URL+"/e/"+i.EventKey, `{"name":"`+probe+`","data":{}}`, nil); err != nil {
		return err
	}
	return errors.New("it handles no events yet")
}

// inngestArgs returns the server's arguments. It listens on three ports besides
// port, which cannot be turned off.
func inngestArgs(port int) ([]string, error) {
	args := []string{
		"dev", "--host", "127.0.0.1", "--port", strconv.Itoa(port),
		"--no-discovery", "--no-poll", "--retry-interval", "1",
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
