package lambda

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/akrylysov/algnhsa"
	"github.com/aws/aws-lambda-go/events"

	"switchyard/router/internal/lambda/httpevent"
)

// stream handles an event like [Host.Invoke], but the reply to a request begins when
// the answer does: with its first Flush, or when it has outgrown the buffer.
func (h *Host) stream(ctx context.Context, payload []byte) (io.Reader, error) {
	s := shapeOf(payload)
	if !h.streams(s.http, payload) {
		reply, err := h.Invoke(ctx, payload)
		if err != nil {
			return nil, err
		}
		return document{bytes.NewReader(reply)}, nil
	}
	ctx, i := h.begin(ctx)
	r, w := io.Pipe()
	began := make(chan io.Reader, 1)
	body := &body{PipeReader: r, cancel: i.cancel, done: make(chan struct{}), last: i.last}
	end := &cutoff{r: r, last: i.last}
	end.set(time.Time{})
	out := &httpevent.Response{Deadline: end.set, Stream: func(status int, header http.Header) io.Writer {
		began <- body.reply(s.http, status, header)
		return w
	}}
	failed := make(chan error, 1)
	go func() {
		defer close(body.done)
		defer i.end()
		defer end.stop()
		err := errGone // in case this goroutine ends by runtime.Goexit
		defer func() {
			failed <- err
			_ = w.CloseWithError(err) // nil: the answer is whole
		}()
		err = h.serve(ctx, i, s.http, payload, out)
	}()
	select {
	case reply := <-began:
		return reply, nil
	case err := <-failed:
		select {
		case reply := <-began: // it began, and broke off at once
			return reply, nil
		default:
			return nil, err
		}
	}
}

// streams reports whether the front of an event takes a stream. ALB does not, and of
// those with events of version 2.0 the function URL does and the HTTP API does not.
func (h *Host) streams(kind algnhsa.RequestType, payload []byte) bool {
	switch {
	case !h.config.Stream:
		return false
	case kind == algnhsa.RequestTypeAPIGatewayV2:
		return !httpevent.IsHTTPAPI(domainOf(payload))
	}
	return kind == algnhsa.RequestTypeAPIGatewayV1
}

// domainOf returns the domain at which the front took a request.
func domainOf(event []byte) string {
	for key, value := range members(event) {
		if string(key) != "requestContext" {
			continue
		}
		for key, value := range members(value) {
			if string(key) == "domainName" {
				return string(value)
			}
		}
	}
	return ""
}

var errGone = errors.New("nobody reads the answer any more")

// body is the body of a stream as aws-lambda-go reads it.
type body struct {
	*io.PipeReader

	cancel context.CancelFunc
	done   chan struct{} // closed when the handler has returned
	last   time.Time
}

// reply returns the reply in the form that the front takes.
func (b *body) reply(kind algnhsa.RequestType, status int, header http.Header) io.Reader {
	if kind == algnhsa.RequestTypeAPIGatewayV1 {
		return &events.APIGatewayProxyStreamingResponse{StatusCode: status, MultiValueHeaders: header, Body: b}
	}
	headers, cookies := httpevent.Join(header)
	return &events.LambdaFunctionURLStreamingResponse{StatusCode: status, Headers: headers, Cookies: cookies, Body: b}
}

// Close tells the handler that nobody reads any more, and waits until it has
// returned: what runs on after the reply is frozen, and thaws in another event's time.
func (b *body) Close() error {
	_ = b.CloseWithError(errGone)
	b.cancel()
	var late <-chan time.Time
	if !b.last.IsZero() {
		t := time.NewTimer(time.Until(b.last))
		defer t.Stop()
		late = t.C
	}
	select {
	case <-b.done:
	case <-late:
	}
	return nil
}

// cutoff breaks a stream off when its time is over, so that a handler that waits for
// its reader does not wait until Lambda kills the process.
type cutoff struct {
	r    *io.PipeReader
	last time.Time // by when at the latest; zero if there is no limit

	mu    sync.Mutex
	timer *time.Timer // nil if there is no limit
}

// set sets the time, which is last if t is zero. What http.ResponseController does.
func (c *cutoff) set(t time.Time) {
	c.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.IsZero() || (!c.last.IsZero() && c.last.Before(t)) {
		t = c.last
	}
	if !t.IsZero() {
		c.timer = time.AfterFunc(time.Until(t), func() { _ = c.r.CloseWithError(os.ErrDeadlineExceeded) })
	}
}

func (c *cutoff) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
}

// document is a reply that is whole. aws-lambda-go sends a reader as it is if it
// cannot be made JSON of.
type document struct{ *bytes.Reader }

// MarshalJSON fails, which says that this is a reader.
func (document) MarshalJSON() ([]byte, error) { return nil, errors.New("a document is JSON already") }

// ContentType is that of the reply.
func (document) ContentType() string { return "application/json" }
