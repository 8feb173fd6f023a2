package serve

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/serve/accesslog"
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
	original *http.Request    // what another router has received, if it sent this on; else nil
	status   int              // of the answer; 0 before it has begun
	bytes    int64            // of the answer's body, as they are sent
	body     body
	refused  int // the status to answer with in place of what was written: the mux's, or 413
	idHeader [1]string
	received received // the request's body
	stack    []byte   // of a panic
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader begins the answer. An error of the mux, by which it says that there
// is no route, is kept for end, which makes a problem document of it.
func (x *exchange) WriteHeader(status int) {
	if !x.claimed && status >= http.StatusBadRequest && x.status == 0 {
		x.refused = status
		return
	}
	if x.received.over && x.status == 0 && status >= http.StatusOK && status != http.StatusRequestEntityTooLarge {
		x.refused = http.StatusRequestEntityTooLarge // whatever the function made of half a body
		return
	}
	if x.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		x.status = status
		if x.host.draining.Load() && status != http.StatusSwitchingProtocols {
			x.ResponseWriter.Header().Set("Connection", "close")
		}
		if x.holds() {
			return
		}
		x.send()
		return
	}
	x.ResponseWriter.WriteHeader(status)
}

// begin begins the answer if that has not been done.
func (x *exchange) begin() {
	if x.status == 0 && x.refused == 0 {
		x.WriteHeader(http.StatusOK)
	}
}

// Write writes to the answer's body.
func (x *exchange) Write(p []byte) (int, error) {
	if x.begin(); x.refused != 0 {
		return len(p), nil // another answer takes its place
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
	if x.begin(); x.refused != 0 {
		return io.Copy(io.Discard, src)
	}
	if x.body.held || x.body.compressed() {
		return io.Copy(struct{ io.Writer }{x}, src)
	}
	n, err := io.Copy(x.ResponseWriter, src)
	x.bytes += n
	return n, err
}

// FlushError sends what has been written so far.
func (x *exchange) FlushError() error {
	if x.begin(); x.refused != 0 {
		return nil
	}
	if x.body.held {
		x.release(nil, false)
	}
	if err := x.body.flush(); err != nil {
		return err
	}
	return http.NewResponseController(x.ResponseWriter).Flush()
}

// Flush sends what has been written so far.
func (x *exchange) Flush() { _ = x.FlushError() }

// Hijack gives the connection to a function that speaks something else on it.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(x.ResponseWriter).Hijack()
	if err == nil && x.status == 0 {
		x.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// end completes the answer and logs it. v is what the handlers panicked with.
func (x *exchange) end(r *http.Request, v any) {
	defer x.host.running.Add(-1)
	abort := v != nil && x.status != 0
	if v == nil {
		x.begin()
	}
	switch {
	case v == nil && x.received.over && x.refused != 0:
		x.fail(r, &http.MaxBytesError{Limit: x.received.limit})
	case v == nil && x.refused != 0:
		x.fail(r, unrouted(x.refused))
	case v == nil:
	case isAbort(v):
		abort = true
	default:
		x.stack = debug.Stack()
		err := fmt.Errorf("panic: %v", v)
		if abort {
			x.call.Problem = answer.Of(err)
		} else {
			x.fail(r, err)
		}
	}
	x.finish(abort)
	now := time.Now()
	end := x.outcome()
	x.meter.Count(end.status, abort, now.Sub(x.start))
	x.log(r, now, end, abort)
	if abort {
		panic(http.ErrAbortHandler) // all that can be said by now: the answer is not whole
	}
}

// fail answers with the problem that err stands for: with a page if a person may have
// asked for one, and rather wants that.
func (x *exchange) fail(r *http.Request, err error) {
	people := x.people || !x.claimed
	x.claimed, x.refused, x.received.over = true, 0, false
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
