package serve

import (
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/serve/overrun"
	"switchyard/router/internal/serve/timed"
)

// running is what an exchange is while its function runs: both the function and the host,
// which gives it up when it is over its time, may be at it.
type running struct {
	overrun.Call

	guard   *guard
	asked   *http.Request // the server's own
	context timed.Context // the function's
	// header is the answer's, as the function makes it; nil if it is that of the connection.
	header http.Header
	given  chan struct{} // closed when the function is given up; nil if it has the connection's goroutine

	writing sync.Mutex // held by what writes the answer
	shut    bool       // the function may write no more
	denied  bool       // and has tried to
	sent    bool       // the answer has begun, as the client sees it
	conn    net.Conn   // that the function has taken

	fate     sync.Mutex // held for moments. What needs both takes writing first
	why      error      // the call was canceled; nil if it was not
	returned bool       // the function has returned
	lost     bool       // the function was given up. Only one of both happens first
}

// writes reports whether the function may write. If so, it has to say when it wrote.
func (c *running) writes() bool {
	c.writing.Lock()
	if c.shut {
		c.denied = true
		c.writing.Unlock()
		return false
	}
	return true
}

func (c *running) wrote() { c.writing.Unlock() }

// returns notes that the function has returned, and reports whether it was given up before.
func (c *running) returns() (lost bool) {
	c.writing.Lock() // until what gives it up is done with the connection
	defer c.writing.Unlock()
	c.fate.Lock()
	defer c.fate.Unlock()
	c.returned, c.shut = true, c.lost
	return c.lost
}

// calls returns the calls of a function; nil if nobody wants to know of them.
func (h *Host) calls(function string, concurrent int) *overrun.Calls {
	if h.config.Overrun == nil {
		return nil
	}
	return h.config.Overrun.Calls(function, concurrent)
}

// run has the function answer r, and another answer in its place if it is still running
// when it is over its time. The connection of HTTP/1 can be taken from a function that runs
// in the connection's own goroutine. Where it cannot, as with HTTP/2, whose connections
// have other requests, that goroutine waits for another one, which it can leave behind.
func (g *guard) run(x *exchange, r *http.Request) {
	x.running.guard, x.running.asked = g, r
	if g.calls == nil {
		g.serve(x, r)
	} else if _, ok := x.ResponseWriter.(http.Hijacker); ok {
		g.watch(x, r)
	} else {
		g.beside(x, r)
	}
}

// watch is serve for a call that may be given up meanwhile.
func (g *guard) watch(x *exchange, r *http.Request) {
	if err := g.calls.Begin(&x.running.Call, x, x.start.Add(g.info.Timeout+overrun.Grace)); err != nil {
		x.fail(r, err)
		return
	}
	defer func() { //nolint:contextcheck // x has it
		g.calls.End(&x.running.Call)
		switch lost := x.running.returns(); {
		case lost:
			g.returned(x, recover())
		case x.running.denied: // nothing but that made it end
			g.calls.Overran()
			x.call.Problem = answer.Of(x.late())
		}
	}()
	g.serve(x, r)
}

// returned notes the end of a call that was given up. v is what it panicked with.
func (g *guard) returned(x *exchange, v any) {
	g.calls.Return()
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("function", g.name), slog.String("requestId", x.call.RequestID),
		slog.Duration("after", time.Since(x.start)), slog.Int64("lost", g.calls.Lost()),
	}
	if v != nil && !isAbort(v) {
		if f := x.call.Running.Function(); f != nil {
			f.Panicked()
		}
		level = slog.LevelError
		attrs = append(attrs, slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	}
	x.host.logger.LogAttrs(x.running.asked.Context(), level, "a call that was given up has ended", attrs...)
}

// beside is watch in a goroutine of its own.
func (g *guard) beside(x *exchange, r *http.Request) {
	x.running.header = x.ResponseWriter.Header().Clone()
	x.running.given = make(chan struct{})
	done := make(chan struct{})
	var panicked any
	go func() {
		defer close(done)
		defer func() {
			if panicked = recover(); panicked != nil && !isAbort(panicked) {
				x.stack = debug.Stack()
			}
		}()
		g.watch(x, r)
	}()
	select {
	case <-done:
	case <-x.running.given:
	}
	switch {
	case x.running.lost:
		begun := x.running.sent
		if x.answerFor(x.ResponseWriter, begun); begun {
			panic(http.ErrAbortHandler)
		}
	case panicked != nil:
		panic(panicked)
	}
}
