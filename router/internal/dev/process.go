package dev

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a child in a process group of its own: Ctrl-C in a terminal does
// not reach it, so that this program decides the order of the end.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how; to be read after done

	stopping sync.Once
}

// startProcess starts cmd. If records is not empty, a file there describes the
// process while it runs, for endRecorded.
func startProcess(ctx context.Context, cmd *exec.Cmd, records string) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = time.Second // a grandchild may keep the output open
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(ctx, records, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run starts the process and waits for its end on one thread, because Linux ends
// the child together with the thread that started it.
func (p *process) run(ctx context.Context, records string, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	if records != "" {
		forget := record(ctx, records, p.cmd.Process.Pid)
		defer forget()
	}
	p.err = p.cmd.Wait()
}

// Stop asks the process and its children to end, and kills them after grace. It
// returns when the process has ended.
func (p *process) Stop(grace time.Duration) {
	p.stopping.Do(func() {
		p.signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(grace):
			p.signal(syscall.SIGKILL)
		}
	})
	<-p.done
}

func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.done: // its id may be another's by now
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, s)
	}
}

// record writes a file into folder that describes the process, and returns what
// removes it. Where the system cannot describe processes there is no record.
func record(ctx context.Context, folder string, pid int) (forget func()) {
	file := filepath.Join(folder, strconv.Itoa(pid))
	born := processBorn(ctx, pid)
	if born == "" || os.MkdirAll(folder, 0o700) != nil || os.WriteFile(file, []byte(born), 0o600) != nil {
		return func() {}
	}
	return func() { _ = os.Remove(file) }
}

// endRecorded kills the processes that folder describes: their owner is gone.
func endRecorded(ctx context.Context, folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, file := range files {
		born, err := os.ReadFile(file)
		pid, errPID := strconv.Atoi(filepath.Base(file))
		if err == nil && errPID == nil && pid > 1 && len(born) > 0 && processBorn(ctx, pid) == string(born) {
			if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				errs = append(errs, fmt.Errorf("end process %d: %w", pid, err))
				continue
			}
		}
		errs = append(errs, os.Remove(file))
	}
	return errors.Join(errs...)
}

// processBorn returns when the process started, which tells it from a later one
// with the same id; "" if there is none or the system does not say.
func processBorn(ctx context.Context, pid int) string {
	cmd := exec.CommandContext(ctx, "ps", "-o", "lstart=", "-p", strconv.Itoa(pid))
	cmd.Env = []string{"LC_ALL=C"}
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// command runs a program to its end and returns what it printed. When ctx ends
// first, the program and its children are ended.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	var out tail
	cmd := exec.Command(name, args...) //nolint:noctx // ended below, with its children
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &out, &out
	out.limit = 1 << 20
	p, err := startProcess(ctx, cmd, "")
	if err != nil {
		return "", err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.Stop(2 * time.Second)
		return out.String(), ctx.Err()
	}
	return out.String(), p.err
}

// tail remembers the end of what is written to it, and passes all of it on.
type tail struct {
	next  io.Writer // may be nil
	limit int

	mu   sync.Mutex
	text []byte
}

// Write never fails: a child must not die of its log.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next != nil {
		_, _ = t.next.Write(b)
	}
	t.text = append(t.text, b...)
	if over := len(t.text) - t.limit; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

// Mute passes nothing on from now on.
func (t *tail) Mute() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = nil
}

// String returns what is remembered.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ToValidUTF8(bytes.TrimSpace(t.text), nil))
}
