package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/internal/stack/process"
)

// inngestMoved is in what the server says when its port is taken and it moves to
// the next one, where nobody would find it.
const inngestMoved = `"name":"dev server api"`

// Inngest is a running Inngest server. It asks nobody for functions: applications
// register.
type Inngest struct {
	URL        string // http://127.0.0.1:<port>, of its API and its pages
	EventKey   string // what events are sent with; a development server takes any
	SigningKey string // of its API and of its calls; "" in development

	process *process.Process
}

// StartInngest starts the Inngest server, which [BuildInngest] finds or builds, for
// development, and returns when it answers. It keeps functions, runs and events in
// memory alone.
func StartInngest(ctx context.Context, o Options) (*Inngest, error) {
	return launchInngest(ctx, o, Inngest{EventKey: "development"}, "dev", forDevelopment()...)
}

// StartDurableInngest is [StartInngest] with a server that keeps everything in Dir/inngest, and
// goes on with it when it is started there again: Stop loses nothing, SIGKILL what changed
// in the last second. But an inngest on the PATH keeps everything in memory here, too: it
// could keep functions and history, but neither what waits nor what runs.
func StartDurableInngest(ctx context.Context, o Options) (*Inngest, error) {
	if _, ok := installedInngest(); ok {
		return StartInngest(ctx, o)
	}
	if err := o.prepare(); err != nil {
		return nil, err
	}
	settings := append(forDevelopment(), "INNGEST_SQLITE_DIR="+filepath.Join(o.Dir, "inngest"))
	return launchInngest(ctx, o, Inngest{EventKey: "development"}, "keep", settings...)
}

// forDevelopment returns the settings of a server that asks nobody for functions and tries
// a step again after a second.
func forDevelopment() []string {
	return []string{"INNGEST_NO_DISCOVERY=true", "INNGEST_NO_POLL=true", "INNGEST_RETRY_INTERVAL=1"}
}

// launchInngest starts the server that model describes, in the mode dev, start or keep,
// with the settings and a port.
func launchInngest(ctx context.Context, o Options, model Inngest, mode string, settings ...string) (*Inngest, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	program, err := BuildInngest(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	in := &model
	err = withPort(o, func(port int) error {
		in.URL = "http://127.0.0.1:" + strconv.Itoa(port)
		ports, err := inngestPorts(port)
		if err != nil {
			return err
		}
		return in.start(ctx, o, program, mode, slices.Concat(settings, ports))
	})
	if err != nil {
		return nil, err
	}
	return in, nil
}

// start starts the server, whose settings say that it listens at i.URL. They are
// variables, though most are flags as well: not every mode has every flag, and
// arguments are there for all to see.
func (i *Inngest) start(ctx context.Context, o Options, program, mode string, settings []string) error {
	dir := filepath.Join(o.Dir, "inngest")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	claim, err := process.Take(o.Dir, "inngest")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, mode)
	cmd.Dir = dir
	setEnv(cmd, []string{"INNGEST_", "LOG_", "DEBUG="}, append(settings, "DO_NOT_TRACK=1")...)
	moved := func(p *process.Process) bool { return strings.Contains(p.Tail(), inngestMoved) }
	event := probe + rand.Text() // a server may remember those of its former lives
	i.process, err = start(ctx, process.Command{
		Label: "Inngest", Cmd: cmd, Claim: claim, Log: o.Log,
	}, func(ctx context.Context, p *process.Process) error {
		if moved(p) {
			return nil
		}
		if err := healthy(ctx, i.URL+"/health"); err != nil {
			return err
		}
		return i.takesEvents(ctx, event)
	})
	if err != nil {
		return err
	}
	if moved(i.process) {
		return errors.Join(fmt.Errorf("start Inngest at %s: %w", i.URL, errPortTaken), i.Stop())
	}
	return nil
}

// probe begins the names of events to which nobody listens.
const probe = "switchyard/probe-"

// takesEvents returns nil once the server handles events. Before that it answers as
// healthy, and takes events with 200 only to lose them: for some milliseconds
// nobody reads the queue in memory that it puts them into. So probes are sent
// until one of them has arrived.
func (i *Inngest) takesEvents(ctx context.Context, probe string) error {
	var list struct{ Data []struct{ Name string } }
	// The server remembers its answers by their URL.
	fresh := fmt.Sprintf("%s/v1/events?name=%s&_=%d", i.URL, probe, time.Now().UnixNano())
	if err := ask(ctx, question{url: fresh, bearer: i.SigningKey}, &list); err != nil {
		return err
	}
	if len(list.Data) > 0 {
		return nil
	}
	if err := ask(ctx, question{url: i.URL + "/e/" + i.EventKey, body: `{"name":"` + probe + `","data":{}}`}, nil); err != nil {
		return err
	}
	return errors.New("it handles no events yet")
}

// inngestPorts returns the variables that say where the server listens: on three
// ports besides port, which cannot be turned off.
func inngestPorts(port int) ([]string, error) {
	env := []string{"INNGEST_HOST=127.0.0.1", "INNGEST_PORT=" + strconv.Itoa(port)}
	names := []string{"INNGEST_CONNECT_GATEWAY_PORT", "INNGEST_CONNECT_GATEWAY_GRPC_PORT", "INNGEST_CONNECT_EXECUTOR_GRPC_PORT"}
	for _, name := range names {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		env = append(env, name+"="+strconv.Itoa(port))
	}
	return env, nil
}

// Done is closed when the server has ended, by Stop or by itself.
func (i *Inngest) Done() <-chan struct{} { return i.process.Done() }

// Signal sends s to the server; see [process.Process.Signal].
func (i *Inngest) Signal(s syscall.Signal) { i.process.Signal(s) }

// Stop ends the server, and with it what it has in memory. It may be called more
// than once; it fails if the server had to be killed.
func (i *Inngest) Stop() error { return i.process.Stop() }
