package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
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
	rate     [1]string // the values of the header RateLimit
	received received  // the request's body
	slot     overload.Slot
	address  netip.Addr      // where the request comes from
	from     overload.Client // who that is
	located  bool            // whether the two are known
	stack    []byte          // of a panic
	running  running
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
		defer i.closed()
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
