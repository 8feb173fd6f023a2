package emulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"switchyard/internal/stack/process"
)

// How long things may take. [doc: Lambda execution environment life cycle]
const (
	// initTimeout is for the time from the start to the first call of next. After it
	// the environment is started once more, within the function's timeout.
	initTimeout = 10 * time.Second
	// grace is the time from SIGTERM to SIGKILL. Lambda gives 500 ms; a machine that
	// runs all tests at once may need more.
	grace = 2 * time.Second
)

// environment is an execution environment: a process and the Runtime API that is
// its alone.
type environment struct {
	lambda *Lambda
	busy   int // places taken; guarded by lambda.mu

	queue    chan *invocation
	ready    chan struct{} // closed at the first call of next
	gone     chan struct{} // closed when there is nothing left of it
	ending   sync.Once
	endErr   error
	stopping chan struct{} // closed when it shall end

	mu       sync.Mutex
	process  *process.Process // nil before it is started
	pending  map[string]*invocation
	answered int            // invocations that were answered and not followed by next
	settling int            // those of which the place has not been given back
	failure  *FunctionError // why there is nothing left
	sigterm  bool           // the function asked for it
	begun    bool           // next was called
	closed   bool           // it shall get no more invocations
	dead     bool           // it cannot have any
}

func newEnvironment(l *Lambda) *environment {
	return &environment{
		lambda:   l,
		queue:    make(chan *invocation, l.options.MaxConcurrency),
		ready:    make(chan struct{}),
		gone:     make(chan struct{}),
		stopping: make(chan struct{}),
		pending:  map[string]*invocation{},
	}
}

// run is the environment's life.
func (e *environment) run() {
	defer e.lambda.remove(e)
	defer close(e.gone)
	failure := e.runOnce(initTimeout)
	if failure != nil && failure.Type == "Sandbox.Timedout" && !e.isStopping() {
		failure = e.runOnce(e.lambda.options.Timeout)
	}
	e.failPending(failure)
}

// runOnce runs the process to its end, which is a failure even if it is orderly: a
// bootstrap does not end.
func (e *environment) runOnce(limit time.Duration) *FunctionError {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a port of this machine: nothing to wait for
	if err != nil {
		return &FunctionError{"Sandbox.Failure", err.Error()}
	}
	server := &http.Server{Handler: e.api(), ReadHeaderTimeout: time.Minute}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // until it is closed

	p, err := e.start(listener.Addr().String())
	if err != nil {
		return &FunctionError{"Runtime.InvalidEntrypoint", err.Error()}
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-e.ready:
	case <-p.Done():
	case <-e.stopping:
	case <-timer.C:
		e.kill(p)
		return &FunctionError{"Sandbox.Timedout", fmt.Sprintf("Init did not finish within %s", limit)}
	}
	<-p.Done()
	if err := p.Err(); err != nil {
		return &FunctionError{"Runtime.ExitError", fmt.Sprintf("Runtime exited with error: %v", err)}
	}
	return &FunctionError{"Runtime.ExitError", "Runtime exited without providing a reason"}
}

// start starts the bootstrap with what Lambda tells it. [doc: Using environment
// variables, reserved ones]
func (e *environment) start(api string) (*process.Process, error) {
	o := e.lambda.options
	path, err := filepath.Abs(o.Bootstrap)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path) //nolint:noctx // process.Start wants it so
	cmd.Dir = filepath.Dir(path)
	cmd.Env = append(append([]string{}, o.Env...),
		"AWS_LAMBDA_RUNTIME_API="+api,
		"AWS_LAMBDA_FUNCTION_NAME="+o.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(o.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+o.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=emulated",
		"AWS_REGION="+region, "AWS_DEFAULT_REGION="+region,
		// The role's, which are good for nothing here.
		"AWS_ACCESS_KEY_ID=ASIAEMULATED", "AWS_SECRET_ACCESS_KEY=emulated", "AWS_SESSION_TOKEN=emulated",
		"LAMBDA_TASK_ROOT="+cmd.Dir, "LAMBDA_RUNTIME_DIR=/var/runtime", "_HANDLER=bootstrap",
		"LANG=en_US.UTF-8", "TZ=:UTC", "PATH=/usr/local/bin:/usr/bin/:/bin",
	)
	if o.MaxConcurrency > 1 {
		cmd.Env = append(cmd.Env, "AWS_LAMBDA_MAX_CONCURRENCY="+strconv.Itoa(o.MaxConcurrency))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isStopping() {
		return nil, ErrStopped
	}
	e.process, err = process.Start(process.Command{Label: o.Name, Cmd: cmd, Log: o.Log})
	return e.process, err
}

// await waits until e has begun to take invocations. The failure is why it never
// will.
func (e *environment) await(ctx context.Context) (*FunctionError, error) {
	select {
	case <-e.ready:
	case <-e.gone:
		e.mu.Lock()
		defer e.mu.Unlock()
		if !e.begun {
			return e.failure, nil
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return nil, nil
}

// end ends the environment and waits until there is nothing left of it. The error is
// that it had to be killed though it had asked for SIGTERM.
func (e *environment) end() error {
	e.ending.Do(func() {
		e.mu.Lock()
		close(e.stopping)
		p, polite := e.process, e.sigterm
		e.mu.Unlock()
		if p == nil {
			return
		}
		p.Signal(syscall.SIGCONT)
		if polite {
			p.Signal(syscall.SIGTERM)
			select {
			case <-p.Done():
				return
			case <-time.After(grace):
				e.endErr = errors.New("a bootstrap that asked for SIGTERM did not end within " + grace.String())
			}
		}
		e.kill(p)
	})
	<-e.gone
	return e.endErr
}

func (e *environment) kill(p *process.Process) {
	p.Signal(syscall.SIGKILL)
	<-p.Done()
}

func (e *environment) isStopping() bool {
	select {
	case <-e.stopping:
		return true
	default:
		return false
	}
}

// freeze stops the processes if they are to be frozen, and thaw lets them go on.
// Both are called with lambda.mu held, so that one is over when the other begins.
func (e *environment) freeze() { e.signal(syscall.SIGSTOP) }
func (e *environment) thaw()   { e.signal(syscall.SIGCONT) }

func (e *environment) signal(s syscall.Signal) {
	if !e.lambda.options.Freeze {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.begun && !e.isStopping() { // what starts is not frozen
		e.process.Signal(s)
	}
}
