package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/sdk"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	// jobCalls is how many calls of a job are expected at once: it has no limit of its own
	// in a process. A quarter of them may be lost.
	jobCalls = 64
	// refusedFor is when Inngest is to call again a job that has too many lost calls.
	refusedFor = time.Minute
)

var errTooManyLost = errors.New("steps that took too long are still running here, so that no more can begin")

// progress is what can be known of a call while its function runs.
type progress struct {
	step    atomic.Pointer[string]  // the last step that has begun to run; nil if none has
	running atomic.Pointer[fn.Call] // nil before the function runs
}

// result is how something has ended.
type result[T any] struct {
	value    T
	panicked any
}

// bounded does what runs the function of a call, in a goroutine of its own. If that still
// runs a while after its timeout, as the function takes no notice of its context, it is left
// behind and counted: nobody hears what becomes of it, and c is as before.
func bounded[T any](ctx context.Context, h *Host, c *call, do func(ctx context.Context) T) (value T, lost bool) {
	if c.target.calls == nil {
		return do(ctx), false
	}
	own, began := *c, time.Now()
	own.progress = &progress{}
	done, left := make(chan result[T]), make(chan struct{})
	go func() {
		r := attempt(context.WithValue(ctx, callKey{}, &own), do)
		select {
		case done <- r:
		case <-left:
			h.returned(ctx, &own, time.Since(began), r.panicked)
		}
	}()
	timer := time.NewTimer(c.target.timeout + overrun.Grace)
	defer timer.Stop()
	select {
	case r := <-done:
		if *c = own; r.panicked != nil {
			panic(r.panicked) // by which the SDK leaves a function
		}
		return r.value, false
	case <-timer.C:
		h.lose(ctx, &own, time.Since(began))
		close(left)
		return value, true
	}
}

func attempt[T any](ctx context.Context, do func(ctx context.Context) T) (r result[T]) {
	defer func() { r.panicked = recover() }()
	r.value = do(ctx)
	return r
}

// lose counts a call whose function still runs, and closes what that has open.
func (h *Host) lose(ctx context.Context, c *call, after time.Duration) {
	calls := c.target.calls
	attrs := append(c.named(), slog.Duration("timeout", c.target.timeout), slog.Duration("over", after-c.target.timeout),
		slog.Int64("lost", calls.Lose()), slog.Int64("bound", calls.Bound))
	if step := c.progress.step.Load(); step != nil {
		attrs = append(attrs, slog.String("step", *step))
	}
	h.log.LogAttrs(ctx, slog.LevelError, "a call went past its timeout and was given up, but still runs", attrs...)
	if running := c.progress.running.Load(); running != nil {
		h.closeLeft(ctx, c, running)
	}
}

// returned notes that the function of a call that was given up does not run any more.
func (h *Host) returned(ctx context.Context, c *call, after time.Duration, panicked any) {
	defer c.target.calls.Return()
	attrs := append(c.named(), slog.Duration("after", after), slog.Int64("lost", c.target.calls.Lost()-1))
	if panicked != nil && !sdk.IsControl(panicked) {
		attrs = append(attrs, slog.Any("panic", panicked))
	}
	h.log.LogAttrs(ctx, slog.LevelInfo, "a call that was given up has ended", attrs...)
}

func (c *call) named() []slog.Attr {
	return []slog.Attr{slog.String("function", c.target.name), slog.String("run", c.run)}
}

// tooManyLost reports whether the function of a call takes none now.
func (c *call) tooManyLost() bool { return c.target.calls != nil && c.target.calls.Refusal() != nil }

// errLost returns the error of a call that is lost.
func (c *call) errLost() error {
	return fmt.Errorf("it took longer than its timeout of %s, and does not stop", c.target.timeout)
}

// call has the SDK answer a call of a function, unless too many are lost. A call that is lost
// has failed, and is to be tried again.
func (h *Host) call(r *http.Request, c *call) *answer {
	if c.tooManyLost() {
		c.err = errTooManyLost
		a := says(http.StatusServiceUnavailable, errTooManyLost.Error())
		a.header.Set(inngestgo.HeaderKeyRetryAfter, time.Now().Add(refusedFor).UTC().Format(time.RFC3339))
		return a
	}
	a, lost := bounded(r.Context(), h, c, func(ctx context.Context) *answer { return h.serveSDK(r.WithContext(ctx)) })
	if lost {
		c.err = c.errLost()
		return says(http.StatusInternalServerError, c.err.Error())
	}
	return a
}

// returns is what a function returns.
type returns struct {
	out any
	err error
}

// callConnected is call for a call that came over a connection.
func (h *Host) callConnected(ctx context.Context, c *call, run handler) (any, error) {
	if c.tooManyLost() {
		return nil, sdk.Marked(fault.RetryAfter(refusedFor, errTooManyLost))
	}
	r, lost := bounded(ctx, h, c, func(ctx context.Context) (r returns) {
		r.out, r.err = h.invoke(ctx, run)
		return r
	})
	if lost {
		return nil, c.errLost()
	}
	return r.out, r.err
}
