package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/akrylysov/algnhsa"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/lambda/httpevent"
	"switchyard/router/internal/lambda/record"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// How large an answer may be that is sent when it is whole, as the front sees it:
// encoded, with its header.
const (
	maxReply    = 6 << 20
	maxALBReply = 1 << 20
)

// UnknownEventError says that an event is of no kind that this program handles.
type UnknownEventError struct {
	Keys []string // at its top level
}

// Error names the keys of the event, by which its kind can be told, and none of its values.
func (e *UnknownEventError) Error() string {
	if len(e.Keys) == 0 {
		return "this event is not a JSON object with anything in it"
	}
	return "this is no event that Switchyard knows: its keys are " + strings.Join(e.Keys, ", ")
}

// Invoke handles an event and returns the reply, never as a stream.
func (h *Host) Invoke(ctx context.Context, payload []byte) (reply []byte, err error) {
	ctx, i := h.begin(ctx)
	defer i.end()
	s := shapeOf(payload)
	if s.http == algnhsa.RequestTypeAuto {
		return h.take(ctx, i, s, payload)
	}
	w := &httpevent.Response{Limit: limitOf(s.http)}
	if err := h.serve(ctx, i, s.http, payload, w); err != nil {
		return nil, err
	}
	return h.encode(ctx, s.http, w)
}

func limitOf(kind algnhsa.RequestType) int {
	if kind == algnhsa.RequestTypeALB {
		return maxALBReply
	}
	return maxReply
}

// serve answers an HTTP event on w, and does what has to be done before the reply.
func (h *Host) serve(ctx context.Context, i *invocation, kind algnhsa.RequestType, payload []byte, w *httpevent.Response) error {
	if h.http == nil {
		return errors.New("this is an HTTP request, and no function here serves HTTP")
	}
	err := safely(func() error { return h.http.Serve(ctx, kind, payload, w) })
	i.flush(ctx)
	switch {
	case errors.Is(err, errGone): // as clients go
	case err != nil:
		h.fail(ctx, "request", err)
	case w.Panicked != nil:
		h.fail(ctx, "request", w.Panicked)
	}
	return err
}

// encode returns the answer for the front. One that is too large for it becomes a
// problem document that says so.
func (h *Host) encode(ctx context.Context, kind algnhsa.RequestType, w *httpevent.Response) ([]byte, error) {
	b, err := w.Encode(kind)
	if !errors.Is(err, httpevent.ErrTooLarge) {
		return b, err
	}
	h.logger.ErrorContext(ctx, "answer too large", slog.Int64("bytes", w.Written()), slog.Int("limit", w.Limit), slog.String("requestId", requestID(ctx)))
	p := answer.New(http.StatusRequestEntityTooLarge, fault.TooLarge, fmt.Sprintf(
		"The answer is larger than the %d MB that can be sent at once from here. Ask for less; whoever runs this can turn on streaming at a function URL, which takes far more.", w.Limit>>20))
	small := w.Instead()
	p.RequestID = small.Header().Get("X-Request-Id")
	p.Write(small)
	if err := small.Finish(); err != nil {
		return nil, err
	}
	return small.Encode(kind)
}

// take handles an event that is no request.
func (h *Host) take(ctx context.Context, i *invocation, s shape, payload []byte) (reply []byte, err error) {
	start := time.Now()
	what := "records"
	err = safely(func() error {
		if s.command != "" {
			what = s.command
			reply = []byte("{}")
			return h.command(ctx, s.command)
		}
		publish := h.config.Publish
		if publish == nil {
			publish = unpublished
		}
		var ok bool
		if reply, ok, err = record.Handle(h.reporting(ctx), payload, publish); !ok {
			return unknown(payload)
		}
		return err
	})
	i.flush(ctx)
	if err != nil {
		h.fail(ctx, what, err)
		return nil, err
	}
	h.logger.InfoContext(ctx, "event", slog.String("what", what),
		slog.Int64("us", time.Since(start).Microseconds()), slog.String("requestId", requestID(ctx)))
	return reply, nil
}

// reporting returns a context in which the log learns of records that were not published
// though the event does not fail.
func (h *Host) reporting(ctx context.Context) context.Context {
	return fn.WithReport(ctx, func(err error) {
		h.logger.LogAttrs(ctx, slog.LevelError, "record", slog.String("requestId", requestID(ctx)), slog.Any("error", err))
	})
}

// command does what {"switchyard": …} asks for.
func (h *Host) command(ctx context.Context, name string) error {
	switch {
	case name != "sweep":
		return fmt.Errorf("there is no command %q; there is sweep", name)
	case h.config.Sweep == nil:
		return errors.New("there is nothing to sweep: no function here publishes events")
	}
	return h.config.Sweep(ctx)
}

func unpublished(context.Context, []record.Record) error {
	return errors.New("these records cannot be published: no function here has a field of type *events.Bus; see docs/lambda.md")
}

// unknown returns the error that names the event's keys, not too many of them.
func unknown(payload []byte) error {
	const most, longest = 20, 64
	e := &UnknownEventError{}
	for key := range members(payload) {
		if len(e.Keys) == most {
			e.Keys = append(e.Keys, "…")
			break
		}
		e.Keys = append(e.Keys, strings.ToValidUTF8(string(key[:min(len(key), longest)]), "?"))
	}
	return e
}

// PanicError is a panic outside of a handler of HTTP.
type PanicError struct {
	Value any
	Stack []byte
}

// Error says what the panic said.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// safely calls f and makes an error of a panic.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// fail logs what went wrong with what, with the stack if it was a panic.
func (h *Host) fail(ctx context.Context, what string, err error) {
	attrs := []slog.Attr{slog.String("what", what), slog.Any("error", err), slog.String("requestId", requestID(ctx))}
	if e, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(e.Stack)))
	} else if e, ok := errors.AsType[*httpevent.AbortError](err); ok && e.Value != nil && e.Value != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
		attrs = append(attrs, slog.String("stack", string(e.Stack)))
	}
	h.logger.LogAttrs(ctx, slog.LevelError, "event failed", attrs...)
}
