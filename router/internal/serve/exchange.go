package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/serve/overload"
	"switchyard/shared/fault"
)

// exchange is a request and its answer while they pass through the host. It is
// the ResponseWriter that functions see.
type exchange struct {
	http.ResponseWriter

	host     *Host
	request  http.Header // its header
	cors     *cors       // what to tell pages of other origins; nil: nothing
	call     answer.Call
	start    time.Time
	access   *accesslog.Route // of the route that took it; before, of none
	meter    Meter            // of its function
	claimed  bool             // by a route; before that, an error is the mux's way to say that there is none
	people   bool             // may have asked for it: the function is a page
	copy     http.Request     // of the server's request, as the function sees it
	original *http.Request    // what another router has received, if it sent this on; else nil
	status   int              // of the answer; 0 before it has begun
	bytes    int64            // of the answer's body, as they are sent
	answer   length           // of the answer's body, as the function writes it
	body     body
	refused  int // the status to answer with in place of what was written: the mux's, 413, or 503
	idHeader [1]string
	left     [1]string // of the header RateLimit
	received received  // the request's body
	slot     overload.Slot
	address  netip.Addr      // where the request comes from
	from     overload.Client // who that is
	located  bool            // whether the two are known
	stack    []byte          // of a panic
	running  running
}

// WriteHeader begins the answer. An error of the mux, by which it says that there
// is no route, is kept for end, which makes a problem document of it.
func (x *exchange) WriteHeader(status int) {
	if x.running.writes() {
		defer x.running.wrote()
		x.writeHeader(status)
	}
}

func (x *exchange) writeHeader(status int) {
	if !x.claimed && status >= http.StatusBadRequest && x.status == 0 {
		x.refused = status
		return
	}
	if x.received.over && x.status == 0 && status >= http.StatusOK && status != http.StatusRequestEntityTooLarge {
		x.refused = http.StatusRequestEntityTooLarge // whatever the function made of half a body
		return
	}
	if x.hidden(status) {
		x.refused = http.StatusServiceUnavailable // the guard says why
		return
	}
	if x.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		x.status = status
		if x.host.draining.Load() && status != http.StatusSwitchingProtocols {
			x.header().Set("Connection", "close")
		}
		if x.holds() {
			return
		}
		x.send()
		return
	}
	x.publish()
	x.ResponseWriter.WriteHeader(status)
}

// begin begins the answer if that has not been done.
func (x *exchange) begin() {
	if x.status == 0 && x.refused == 0 {
		x.writeHeader(http.StatusOK)
	}
}

// Write writes to the answer's body.
func (x *exchange) Write(p []byte) (int, error) {
	if !x.running.writes() {
		return 0, http.ErrHandlerTimeout
	}
	defer x.running.wrote()
	return x.put(p)
}

func (x *exchange) put(p []byte) (int, error) {
	if x.begin(); x.refused != 0 {
		return len(p), nil // another answer takes its place
	}
	if x.answer.add(len(p)) {
		return 0, errTooLong
	}
	if x.body.held {
		if x.hold(p) {
			return len(p), nil
		}
		x.release(p, false)
	}
	return x.write(p)
}

// ReadFrom copies src to the answer's body, by sendfile where there is one.
func (x *exchange) ReadFrom(src io.Reader) (int64, error) {
	if !isFile(src) {
		return io.Copy(struct{ io.Writer }{x}, src) // nobody knows how long it takes to read
	}
	if !x.running.writes() {
		return 0, http.ErrHandlerTimeout
	}
	defer x.running.wrote()
	if x.begin(); x.refused != 0 {
		return io.Copy(io.Discard, src)
	}
	if x.body.held || x.body.compressed() || x.answer.limit > 0 {
		return io.Copy(putter{x}, src)
	}
	n, err := io.Copy(x.ResponseWriter, src)
	x.bytes += n
	return n, err
}

// putter writes to the answer's body for who may write already.
type putter struct{ x *exchange }

func (p putter) Write(b []byte) (int, error) { return p.x.put(b) }

// isFile reports whether src is a file, or a part of one: to read it takes no longer than to
// send it.
func isFile(src io.Reader) bool {
	if part, ok := src.(*io.LimitedReader); ok {
		src = part.R
	}
	f, ok := src.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// FlushError sends what has been written so far.
func (x *exchange) FlushError() error {
	if !x.running.writes() {
		return http.ErrHandlerTimeout
	}
	defer x.running.wrote()
	return x.flush()
}

func (x *exchange) flush() error {
	if x.begin(); x.refused != 0 {
		return nil
	}
	if x.body.held {
		x.release(nil, false)
	}
	if err := x.body.flush(); err != nil {
		return err
	}
	return x.controller().Flush()
}

// Flush sends what has been written so far.
func (x *exchange) Flush() { _ = x.FlushError() }

// Hijack gives the connection to a function that speaks something else on it.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !x.running.writes() {
		return nil, nil, http.ErrHandlerTimeout
	}
	defer x.running.wrote()
	conn, rw, err := x.controller().Hijack()
	if err == nil && x.status == 0 {
		x.status = http.StatusSwitchingProtocols
	}
	x.running.conn = conn
	return conn, rw, err
}

// SetReadDeadline says until when the request may be read.
func (x *exchange) SetReadDeadline(t time.Time) error {
	return x.control(func(c *http.ResponseController) error { return c.SetReadDeadline(t) })
}

// SetWriteDeadline says until when the answer may be written.
func (x *exchange) SetWriteDeadline(t time.Time) error {
	return x.control(func(c *http.ResponseController) error { return c.SetWriteDeadline(t) })
}

// EnableFullDuplex lets the function read the request while it writes the answer.
func (x *exchange) EnableFullDuplex() error {
	return x.control((*http.ResponseController).EnableFullDuplex)
}

// copied returns a copy of r, or r if it is the copy, with another context. It is a part of x, as
// the context is, so that neither is made anew for each request. It is not inlined, since WithContext
// makes a copy on the stack, which would stay there while the function runs: the stacks of idle
// streams would be twice as large.
//
//go:noinline
func (x *exchange) copied(r *http.Request, ctx context.Context) *http.Request { //nolint:revive // as WithContext
	x.copy = *r.WithContext(ctx)
	return &x.copy
}

// control does something to the connection for the function. There is no Unwrap, by which
// the function could reach what is not its own any more.
func (x *exchange) control(do func(*http.ResponseController) error) error {
	if !x.running.writes() {
		return http.ErrHandlerTimeout
	}
	defer x.running.wrote()
	return do(x.controller())
}

func (x *exchange) controller() *http.ResponseController {
	return http.NewResponseController(x.ResponseWriter)
}

// end completes the answer and logs it, unless the function was given up: that was done
// then. v is what the handlers panicked with.
func (x *exchange) end(r *http.Request, v any) {
	if x.running.lost {
		if v != nil {
			panic(v)
		}
		return
	}
	abort := v != nil && x.status != 0 || x.running.denied
	if v == nil {
		x.begin()
	}
	switch {
	case v == nil && x.received.over && x.refused != 0:
		x.fail(r, &http.MaxBytesError{Limit: x.received.limit})
	case v == nil && x.refused != 0:
		x.fail(r, unrouted(x.refused))
	case v == nil && x.answer.over():
		abort = !x.retract(r)
	case v == nil:
	case isAbort(v):
		abort = true
	default:
		if x.stack == nil {
			x.stack = debug.Stack()
		}
		if f := x.call.Running.Function(); f != nil {
			f.Panicked()
		}
		err := fmt.Errorf("panic: %v", v)
		if abort {
			x.call.Problem = answer.Of(err)
		} else {
			x.fail(r, err)
		}
	}
	x.close(r, abort)
	if abort {
		panic(http.ErrAbortHandler) // all that can be said by now: the answer is not whole
	}
}

// close completes the answer, unless it was broken off, and then logs and counts it.
func (x *exchange) close(r *http.Request, abort bool) {
	defer x.host.running.Add(-1)
	x.finish(abort)
	if i, ok := x.ResponseWriter.(*idle); ok {
		defer i.left()
		i.end(abort)
	}
	now := time.Now()
	end := x.outcome()
	x.meter.Count(end.status, abort, now.Sub(x.start))
	x.log(r, now, end, abort)
}

// fail answers with the problem that err stands for: with a page if a person may have
// asked for one, and rather wants that.
func (x *exchange) fail(r *http.Request, err error) {
	people := x.people || !x.claimed
	x.claimed, x.refused, x.received.over, x.answer = true, 0, false, length{}
	r = r.WithContext(answer.With(r.Context(), &x.call))
	p := answer.For(r.Context(), err) //nolint:contextcheck // r has it
	if people {
		addVary(x.Header(), x.host.varyAccept)
	}
	if people && prefersPage(r.Header["Accept"]) {
		x.writePage(r, p)
		return
	}
	p.Write(x)
}

func isAbort(v any) bool {
	err, ok := v.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// unrouted returns what to say in place of the mux.
func unrouted(status int) error {
	switch status {
	case http.StatusNotFound:
		return answer.New(status, fault.NotFound, "There is nothing here.")
	case http.StatusMethodNotAllowed:
		return answer.New(status, fault.Invalid, "This method is not allowed here; Allow names those that are.")
	}
	return answer.New(status, fault.Invalid, "This request cannot be routed.")
}
