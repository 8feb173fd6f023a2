// Package emulate stands in for AWS Lambda on this machine: it runs a real
// bootstrap as Lambda does, and puts the HTTP front doors of AWS before it. Data
// flows one way:
//
//	front door   HTTP to an event, an answer to HTTP     front.go request.go event.go response.go kind.go
//	Lambda       which environment takes an invocation   emulate.go place.go
//	invocation   from an environment to its reply        invocation.go
//	environment  a child process, its life, its freezing environment.go
//	Runtime API  what the child asks and answers         api.go
//
// What is done as AWS does it carries its source where it is done. [doc] is AWS's
// documentation, [capture] events and answers that others recorded on AWS in July
// 2026 (github.com/hotsock/voker, vokerhttp/testdata).
package emulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Defaults of [Options].
const (
	DefaultName         = "function"
	DefaultTimeout      = 30 * time.Second
	DefaultEnvironments = 4
	DefaultMemory       = 1024
)

// Options say what to run and how.
type Options struct {
	// Bootstrap is the program, as in a Lambda's zip. Needed.
	Bootstrap string
	// Env is the function's environment, KEY=VALUE. Nothing of ours is passed on;
	// what Lambda itself sets is added, and wins.
	Env []string
	// Name is the function's. Defaults to [DefaultName].
	Name string
	// Timeout bounds an invocation. Defaults to [DefaultTimeout].
	Timeout time.Duration
	// Memory is the size of the memory that the function is told of, in MB; nothing enforces it.
	// Defaults to [DefaultMemory].
	Memory int
	// Environments bounds the number that run at once. Invocations for which there is
	// none wait, where Lambda would refuse them (429). Defaults to
	// [DefaultEnvironments].
	Environments int
	// MaxConcurrency bounds the invocations that one environment takes at once, as with
	// Lambda Managed Instances. Defaults to 1.
	MaxConcurrency int
	// Freeze stops an environment's processes while it has nothing to do, as Lambda
	// does.
	Freeze bool
	// Log gets what the bootstrap prints, and why a front door says that the function
	// failed. It is written to by one at a time. Defaults to nowhere.
	Log io.Writer
}

// Lambda is one function. Make one with [Start].
type Lambda struct {
	options Options
	slots   chan struct{} // one for each invocation that the environments may have at once

	mu           sync.Mutex
	environments []*environment // that live, the one used last at the end
	changed      chan struct{}  // closed, and replaced, when a place may have become free
	starts       int
	stopped      bool
	forget       func() bool // what ends with Start's context
}

// Result is the result of an invocation.
type Result struct {
	// Payload is the answer of the function, or the error as it looks to a
	// caller of Lambda's API.
	Payload []byte
	// Error is not nil if the function failed.
	Error *FunctionError
	// Streamed reports whether the answer came as a stream, prelude first.
	Streamed bool
}

// FunctionError is a failure of the function, as against one of the emulation.
type FunctionError struct {
	// Type is such as Runtime.ExitError, or the Go type of the error.
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Error implements error.
func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// ErrStopped means that the Lambda is no more.
var ErrStopped = errors.New("the Lambda has been stopped")

// ErrTooLarge means that a payload is more than Lambda takes.
var ErrTooLarge = fmt.Errorf("the payload is larger than %d bytes", MaxRequest)

// Start makes a Lambda of o, which lives until ctx ends or it is stopped. It starts
// no process: the first invocation does.
func Start(ctx context.Context, o Options) (*Lambda, error) {
	if info, err := os.Stat(o.Bootstrap); err != nil {
		return nil, fmt.Errorf("emulate Lambda: %w", err)
	} else if info.IsDir() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("emulate Lambda: %s is no program", o.Bootstrap)
	}
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Environments == 0 {
		o.Environments = DefaultEnvironments
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	o.Log = &oneAtATime{w: o.Log}
	o.MaxConcurrency = max(o.MaxConcurrency, 1)
	l := &Lambda{options: o, slots: make(chan struct{}, o.Environments*o.MaxConcurrency), changed: make(chan struct{})}
	l.forget = context.AfterFunc(ctx, func() { _ = l.stop() })
	return l, nil
}

// Invoke invokes the function and waits for its answer, as Lambda's Invoke does. An
// error is one of the emulation; when ctx ends, the invocation goes on without us.
func (l *Lambda) Invoke(ctx context.Context, payload []byte) (Result, error) {
	r, err := l.invoke(ctx, &invocation{payload: payload})
	return r.Result, err
}

// invoke hands i to an environment and waits for what comes of it.
func (l *Lambda) invoke(ctx context.Context, i *invocation) (reply, error) {
	if len(i.payload) > MaxRequest {
		return reply{}, ErrTooLarge
	}
	i.id = uuid.NewString()
	i.replies = make(chan reply, 1)
	for taken := false; !taken; { // until an environment has it that does not end just now
		e, err := l.acquire(ctx)
		if err != nil {
			return reply{}, err
		}
		if failure, err := e.await(ctx); err != nil || failure != nil {
			l.release(e)
			return failed(failure), err
		}
		taken = e.dispatch(i)
	}
	select {
	case r := <-i.replies:
		return r, nil
	case <-ctx.Done():
		go i.discard()
		return reply{}, ctx.Err()
	}
}

// Starts returns how many environments have been started so far.
func (l *Lambda) Starts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.starts
}

// Stop ends every environment, as Lambda does at the end of their life: with SIGTERM
// if the function asked for that, then SIGKILL. It fails if one that asked had to be
// killed. It may be called more than once.
func (l *Lambda) Stop() error {
	l.forget()
	return l.stop()
}

func (l *Lambda) stop() error {
	l.mu.Lock()
	l.stopped = true
	l.change()
	environments := l.environments
	l.mu.Unlock()
	errs := make([]error, len(environments))
	var ending sync.WaitGroup
	for n, e := range environments {
		ending.Go(func() { errs[n] = e.end() })
	}
	ending.Wait()
	return errors.Join(errs...)
}

// oneAtATime is a writer for many.
type oneAtATime struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (o *oneAtATime) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(b)
}
