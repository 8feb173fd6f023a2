package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// command describes a server's process.
type command struct {
	label  string // for messages: PostgreSQL
	cmd    *exec.Cmd
	signal syscall.Signal // asks it to stop
	user   *account       // whom it runs as; nil for whoever we are
}

// process is a server that was started.
type process struct {
	command
	tail     *tail
	hold     *hold
	done     chan struct{} // closed when it has ended
	stopping sync.Once
	stopErr  error
}

// start starts c, with its output going to log. The process keeps h until it ends.
func start(h *hold, log io.Writer, c command) (*process, error) {
	p := &process{command: c, tail: &tail{next: log}, hold: h, done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = p.tail, p.tail
	c.cmd.WaitDelay = stopTimeout // grandchildren may keep the pipe open
	c.cmd.SysProcAttr = attributes(c.signal, c.user)

	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.label, err)
	}
	return p, nil
}

// run starts the process and waits for its end. All of it happens on one thread,
// because Linux stops the child when the thread that started it ends.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer p.hold.release()

	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	err := p.hold.write(p.cmd.Process.Pid, p.signal)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil // until tells why
	}
	if err != nil {
		p.kill()
	}
	started <- err
	_ = p.cmd.Wait()
	p.hold.forget()
}

// until calls ready until it returns nil. It stops the process and fails, with the
// last lines the process printed, if that takes too long or the process ends.
func (p *process) until(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s stopped while starting; it said:\n%s", p.label, p.tail)
		case <-ctx.Done():
			_ = p.stop()
			return fmt.Errorf("%s did not start: %w (%w); it said:\n%s", p.label, ctx.Err(), err, p.tail)
		case <-time.After(pollInterval):
		}
	}
}

// stop asks the process to end, kills it after a grace, and returns when it has
// ended. It may be called more than once.
func (p *process) stop() error {
	p.stopping.Do(func() {
		_ = p.cmd.Process.Signal(p.signal) // fails only if it has ended
		select {
		case <-p.done:
			return
		case <-time.After(stopTimeout):
		}
		p.kill()
		<-p.done
		p.stopErr = fmt.Errorf("%s did not stop within %s and was killed", p.label, stopTimeout)
	})
	<-p.done
	return p.stopErr
}

// kill ends the process and its group at once.
func (p *process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// runToEnd runs cmd as a, with its whole process group killed if the command's
// context ends, and returns the end of its output.
func runToEnd(cmd *exec.Cmd, a *account) (string, error) {
	runtime.LockOSThread() // see process.run
	defer runtime.UnlockOSThread()
	out := &tail{next: io.Discard}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes(syscall.SIGKILL, a)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = stopTimeout
	err := cmd.Run()
	return out.String(), err
}

// setEnv gives cmd our environment without the variables that begin with one of
// drop, and with set.
func setEnv(cmd *exec.Cmd, drop []string, set ...string) {
	inherited := slices.DeleteFunc(cmd.Environ(), func(v string) bool { return hasAnyPrefix(v, drop) })
	cmd.Env = slices.Concat(inherited, set)
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
