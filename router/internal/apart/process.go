package apart

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// outputDelay is how long the last output of a process is awaited: another process that it
// has started may keep the pipe open.
const outputDelay = time.Second

// process is one that was started for a group.
type process struct {
	cmd   *exec.Cmd
	order *os.File      // open as long as this process lives
	done  chan struct{} // closed when it has ended
}

// start starts the program for a group. What it prints goes to out.
func start(self string, environ []string, order Order, listener *os.File, out io.Writer) (*process, error) {
	given, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer given.Close()
	cmd := exec.Command(self, Verb, order.Group) //nolint:noctx // it outlives any one context; stop ends it
	cmd.Env = environ
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{listener, given}
	cmd.WaitDelay = outputDelay
	cmd.SysProcAttr = attributes()
	p := &process{cmd: cmd, order: ours, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the process: %w", err)
	}
	_ = json.NewEncoder(ours).Encode(order) // one that has ended already is started again
	return p, nil
}

// run starts the process and waits for its end, all on one thread: Linux ends the process
// with the thread that started it.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer p.order.Close()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait()                                      // ProcessState says how it ended
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what it has started does not outlive it
	}
}

// drains tells the process that the parent drains. It is called once.
func (p *process) drains() {
	_ = json.NewEncoder(p.order).Encode(true) // one that has ended need not know
}

// signal sends s to the process and what it has started, unless it has ended.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, s)
	}
}

// stop asks the process to end, kills it after grace, and returns when it has ended. It
// reports whether it ended by itself.
func (p *process) stop(grace time.Duration) bool {
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
	}
	p.signal(syscall.SIGKILL)
	<-p.done
	return false
}
