package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/inngest/inngestgo/middleware"

	"switchyard/router/internal/durable/options"
	"switchyard/router/internal/durable/sdk"
	"switchyard/router/internal/logger"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

var errStepMissing = errors.New("this release of the function does not have the step that Inngest asks for")

var errStateMissing = errors.New("the run's event and the results of its steps are over Inngest's limit of 4 MiB: " +
	"put large data into the bucket or the database and return where it is")

// invoke calls a function once: the code before its next step and that step.
//
// The SDK leaves a function by a panic after each step, to which invoke adds
// nothing. But it does the same before a step if the context has ended, and then
// takes the function for finished: that has to become an error. The two differ in
// the parent, which the SDK has cancelled only if there was a step.
func (h *Host) invoke(parent context.Context, run handler) (out any, err error) {
	c := callOf(parent)
	if c.stateMissing {
		return nil, sdk.Marked(fault.Permanent(errStateMissing))
	}
	state := sdk.CallOf(parent)
	c.results = state.Results()
	state.RestoreSteps()
	timeout := c.target.timeout
	ctx, cancel := context.WithTimeout(parent, timeout)
	defer cancel()
	defer func() {
		switch r := recover(); {
		case r == nil:
		case !sdk.IsControl(r):
			h.log.ErrorContext(ctx, "a job panicked", slog.String("function", c.target.name), slog.String("run", c.run),
				slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			if c.target.called != nil {
				c.target.called.Panicked()
			}
			err = fmt.Errorf("panic: %v", r)
		case c.interrupted():
			err = errors.New("interrupted: the caller went away, or this process stops")
		case parent.Err() == nil && ctx.Err() != nil:
			err = fmt.Errorf("it took longer than its timeout of %s", timeout)
		default:
			c.leftForStep, c.steps = true, state.Steps()
			// To Inngest the event that a step waits for is async.
			state.PrepareOps(func(event, expression string) *string { return options.Own(h.app, "async", event, expression) })
			panic(r)
		}
	}()
	inRun, running := logger.InRun(ctx, c.target.name, c.run)
	if c.progress != nil {
		c.progress.running.Store(running)
		inRun = state.WatchSteps(inRun, func(name string) { c.progress.step.Store(&name) })
	}
	if c.target.called != nil {
		running.Begin(c.target.called)
		defer func() { h.end(inRun, c, running) }()
	}
	out, err = run(events.WithID(inRun, c.first()), c.data())
	return out, sdk.Marked(err)
}

// end ends a call of a function when its tasks have ended.
func (h *Host) end(ctx context.Context, c *call, running *fn.Call) {
	running.Wait()
	h.closeLeft(ctx, c, running)
}

// closeLeft closes what a call has left open, and tells what that was.
func (h *Host) closeLeft(ctx context.Context, c *call, running *fn.Call) {
	logger.CloseLeft(ctx, h.log, running, c.target.name, "run", c.run)
}

// observer sees what the SDK does in one call: it tells the call's record, makes
// results fit to be carried, and translates the errors of steps, which the SDK looks at
// before the function that contains them could.
type observer struct {
	middleware.BaseMiddleware
	call *call
}

// TransformInput implements [middleware.Middleware].
func (o *observer) TransformInput(
	ctx context.Context, _ middleware.CallContext, _ *middleware.TransformableInput,
) {
	o.call = callOf(ctx)
}

// TransformOutput implements [middleware.Middleware].
func (o *observer) TransformOutput(
	_ context.Context, _ middleware.CallContext, output *middleware.TransformableOutput,
) {
	o.call.err = output.Error
	output.Result, output.Error = sdk.Carried(output.Result), sdk.Marked(output.Error)
}
