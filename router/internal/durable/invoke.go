package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/inngest/inngestgo"
	sdkerrors "github.com/inngest/inngestgo/errors"
	"github.com/inngest/inngestgo/middleware"

	"switchyard/router/internal/logger"
	"switchyard/shared/events"
	"switchyard/shared/fault"
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
		return nil, marked(fault.Permanent(errStateMissing))
	}
	state := managerOf(parent)
	restoreSteps(state)
	timeout := c.target.timeout
	ctx, cancel := context.WithTimeout(parent, timeout)
	defer cancel()
	defer func() {
		switch r := recover(); {
		case r == nil:
		case !isControl(r):
			h.log.ErrorContext(ctx, "a job panicked", slog.String("function", c.target.name), slog.String("run", c.run),
				slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("panic: %v", r)
		case c.interrupted():
			err = errors.New("interrupted: the caller went away, or this process stops")
		case parent.Err() == nil && ctx.Err() != nil:
			err = fmt.Errorf("it took longer than its timeout of %s", timeout)
		default:
			c.left = true
			h.prepareOps(state)
			panic(r)
		}
	}()
	out, err = run(events.WithID(logger.InRun(ctx, c.target.name, c.run), c.first()), c.data())
	return out, marked(err)
}

// isControl reports whether r is what the SDK panics with, and recovers itself, to
// leave a function. Its type cannot be named from outside.
func isControl(r any) bool {
	t := reflect.TypeOf(r)
	return t.Name() == "ControlHijack" && t.PkgPath() == "github.com/inngest/inngestgo/internal/sdkrequest"
}

// marked translates the marks of shared/fault into those of the SDK.
func marked(err error) error {
	if sdkerrors.IsNoRetryError(err) || sdkerrors.GetRetryAtTime(err) != nil {
		return err
	}
	if _, ok := errors.AsType[*fault.PermanentError](err); ok {
		return inngestgo.NoRetryError(err)
	}
	if later, ok := errors.AsType[*fault.RetryAfterError](err); ok {
		// The header knows whole seconds only; never come too early.
		at := time.Now().Add(later.After + time.Second - 1).Truncate(time.Second)
		return inngestgo.RetryAtError(err, at.UTC())
	}
	return err
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
	output.Result, output.Error = carried(output.Result), marked(output.Error)
}
