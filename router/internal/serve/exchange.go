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
	"switchyard/shared/fault"
)

// exchange is a request and its answer while they pass through the host. It is
// the ResponseWriter that functions see.
type exchange struct {
	http.ResponseWriter

	host     *Host
	call     answer.Call
	start    time.Time
	access   *access       // of the route that took it; before, of none
	meter    Meter         // of its function
	claimed  bool          // by a route; before that, an error is the mux's way to say that there is none
	told     *http.Request // what another router has received, if it sent this on; else nil
	status   int           // of the answer; 0 before it has begun
	bytes    int64         // of the answer's body
	refused  int           // the status of an error that the mux tried to answer with
	idHeader [1]string
	body     body   // of the request, as its function reads it
	stack    []byte // of a panic
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
	if x.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		x.status = status
		if x.host.draining.Load() && status != http.StatusSwitchingProtocols {
			x.Header().Set("Connection", "close")
		}
	}
	x.ResponseWriter.WriteHeader(status)
}

// begin begins the answer if that has not been done.
func (x *exchange) begin() {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
}

// Write writes to the answer's body.
func (x *exchange) Write(p []byte) (int, error) {
	if x.refused != 0 {
		return len(p), nil // the mux's own words
	}
	x.begin()
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	return n, err
}

// ReadFrom copies src to the answer's body, by sendfile where there is one.
func (x *exchange) ReadFrom(src io.Reader) (int64, error) {
	x.begin()
	n, err := io.Copy(x.ResponseWriter, src)
	x.bytes += n
	return n, err
}

// FlushError sends what has been written so far.
func (x *exchange) FlushError() error {
	x.begin()
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
	switch {
	case v == nil && x.refused != 0:
		x.fail(r, unrouted(x.refused))
	case v == nil:
		x.begin()
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
	now := time.Now()
	end := x.verdict()
	x.meter.Count(end.status, abort, now.Sub(x.start))
	x.log(r, now, end, abort)
	if abort {
		panic(http.ErrAbortHandler) // all that can be said by now: the answer is not whole
	}
}

// fail answers with the problem that err stands for.
func (x *exchange) fail(r *http.Request, err error) {
	x.claimed, x.refused = true, 0
	answer.Write(x, r.WithContext(answer.With(r.Context(), &x.call)), err)
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
