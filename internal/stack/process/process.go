// Package process runs child processes for development and tests. Each is the
// head of a process group of its own, so that Ctrl-C in a terminal does not reach
// it and its owner decides the order of the end. None outlives its owner: Linux
// ends it when the owner is killed, and elsewhere the next owner of the same folder
// does, which finds it recorded there; see [Take] and [Clean].
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// DefaultGrace is how long a process may take to stop unless its Command says
// otherwise. PostgreSQL writes down all that it has, and a server of net/http waits 5 s for
// the first request of a connection: its client may hold one that it has not used.
const DefaultGrace = 20 * time.Second

// How much is kept of what a process prints, in bytes.
const (
	tailOfServer  = 16 << 10
	tailOfCommand = 1 << 20
)

// waitDelay is how long output is awaited after the end: a grandchild may keep the
// pipe open.
const waitDelay = 2 * time.Second

// pollInterval is how often something is looked at that cannot be waited for.
const pollInterval = 20 * time.Millisecond

// Command describes a process.
type Command struct {
	// Label is what messages call it: PostgreSQL. Defaults to the program's name.
	Label string
	// Cmd is what to run. Its output and SysProcAttr are set here, and it must not
	// be bound to a context that ends: that would end the process without its group.
	Cmd *exec.Cmd
	// Signal asks the process and its group to stop. Defaults to SIGTERM.
	Signal syscall.Signal
	// Grace is how long that may take before they are killed. Defaults to
	// [DefaultGrace].
	Grace time.Duration
	// Credential is whom it runs as. Defaults to whoever we are.
	Credential *syscall.Credential
	// Claim is what the process is recorded under. It is released when the process
	// has ended or could not be started. Defaults to none: no record.
	Claim *Claim
	// Log receives what the process prints; its errors are ignored. Defaults to
	// nowhere.
	Log io.Writer
}

// Process is a process that was started.
type Process struct {
	command  Command
	tail     *tail
	done     chan struct{} // closed when it has ended
	err      error         // how; to be read after done
	stopping sync.Once
	stopErr  error
}

// Start starts c. The process lives until it ends by itself or is stopped.
func Start(c Command) (*Process, error) { return start(c, tailOfServer) }

// Run runs c to its end and returns the last MiB of what it printed. The error is
// how it ended. When ctx ends first, the process and its group are stopped, and the
// error is that of ctx.
func Run(ctx context.Context, c Command) (output string, err error) {
	if err := ctx.Err(); err != nil {
		c.Claim.Release()
		return "", err
	}
	p, err := start(c, tailOfCommand)
	if err != nil {
		return "", err
	}
	select {
	case <-p.done:
		return p.Tail(), p.err
	case <-ctx.Done():
		_ = p.Stop()
		return p.Tail(), ctx.Err()
	}
}

func start(c Command, tailSize int) (*Process, error) {
	if c.Label == "" {
		c.Label = filepath.Base(c.Cmd.Path)
	}
	if c.Signal == 0 {
		c.Signal = syscall.SIGTERM
	}
	if c.Grace == 0 {
		c.Grace = DefaultGrace
	}
	p := &Process{command: c, tail: &tail{next: c.Log, limit: tailSize}, done: make(chan struct{})}
	c.Cmd.Stdout, c.Cmd.Stderr = p.tail, p.tail
	c.Cmd.WaitDelay = waitDelay
	onDeath := c.Signal
	if c.Claim == nil { // nobody would look after one that does not listen
		onDeath = syscall.SIGKILL
	}
	c.Cmd.SysProcAttr = attributes(onDeath, c.Credential)

	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		<-p.done // and with it the claim is released
		return nil, fmt.Errorf("start %s: %w", c.Label, err)
	}
	return p, nil
}

// run starts the process and waits for its end. All of it happens on one thread,
// because Linux ends the child when the thread that started it ends.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer p.command.Claim.Release()

	if err := p.command.Cmd.Start(); err != nil {
		started <- err
		return
	}
	err := p.command.Claim.write(p.command.Cmd.Process.Pid, p.command.Signal)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil // Err tells why
	}
	if err != nil {
		p.Signal(syscall.SIGKILL)
	}
	started <- err
	p.err = p.command.Cmd.Wait()
	p.command.Claim.forget()
}

// Done is closed when the process has ended, by Stop or by itself.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the process ended: nil if it ended well, or has not ended.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Tail returns the last 16 KiB of what the process has printed, trimmed.
func (p *Process) Tail() string { return p.tail.String() }

// Until calls ready until it returns nil. It fails if the process ends, or ctx.
func (p *Process) Until(ctx context.Context, ready func(context.Context) error) error {
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("it ended by itself (%s)", p.command.Cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("it was not ready: %w (%w)", ctx.Err(), err)
		case <-time.After(pollInterval):
		}
	}
}

// Stop asks the process and its group to end, kills them after the grace, and
// returns when the process has ended. It fails if it had to be killed. It may be
// called more than once.
func (p *Process) Stop() error {
	p.stopping.Do(func() {
		p.Signal(p.command.Signal)
		select {
		case <-p.done:
			return
		case <-time.After(p.command.Grace):
		}
		p.Signal(syscall.SIGKILL)
		p.stopErr = fmt.Errorf("%s did not stop within %s and was killed", p.command.Label, p.command.Grace)
	})
	<-p.done
	return p.stopErr
}

// Signal sends s to the process and its group, unless it has ended: its id may be
// another's by then. It is for tests that kill (SIGKILL), freeze (SIGSTOP) or wake
// (SIGCONT) it; who wants it to end calls Stop.
func (p *Process) Signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.command.Cmd.Process.Pid, s)
	}
}
