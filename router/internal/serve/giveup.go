package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/serve/overrun"
)

const (
	// returnGrace is how long a function may go on that hears from a write that it is given up.
	returnGrace = overrun.Grace / 4
	// lingering is how long a connection is read after its last answer: one that is closed
	// with something unread in it can be reset before its client has the answer.
	lingering = 500 * time.Millisecond
)

// GiveUp implements [overrun.Owner]: the function still runs, and is over its time. It gets
// no more of the request, and what it writes goes nowhere. Its place is free for another
// call. The caller gets a 504 in its place; an answer that has begun is broken off.
func (x *exchange) GiveUp() {
	x.stopWriting()
	if !x.lose() {
		x.running.writing.Unlock()
		return
	}
	if x.running.given != nil {
		close(x.running.given) // what waits there answers
		x.running.writing.Unlock()
	} else {
		x.host.parting.Add(1) // before the server forgets the connection
		defer x.host.parting.Done()
		if i, ok := x.ResponseWriter.(*idle); ok {
			defer i.closed()
		}
		conn := x.seize()
		x.running.writing.Unlock()
		x.part(conn)
	}
	x.running.guard.closeLeft(x.running.asked.Context(), x) // others may need what it holds
}

// stopWriting returns when the function does not write, with the lock by which it cannot
// begin to. A write that goes on ends by the connection's deadline, and what its
// function does then may be the end of the call: it has a moment for that.
func (x *exchange) stopWriting() {
	c := &x.running
	if c.writing.TryLock() {
		return
	}
	c.fate.Lock()
	if !c.returned { // or the connection is another request's by now
		_ = x.controller().SetWriteDeadline(x.start.Add(c.guard.info.Timeout + writeGrace)) // whatever the function has set
	}
	c.fate.Unlock()
	c.writing.Lock()
	if !c.sent || c.returned {
		return
	}
	c.shut = true
	c.writing.Unlock()
	time.Sleep(returnGrace)
	c.writing.Lock()
}

// lose gives the function up, unless it has returned, which it reports.
func (x *exchange) lose() bool {
	c := &x.running
	if !c.lose() {
		return false
	}
	c.shut = true
	x.received.ended.Store(true)
	x.finish(true)
	c.guard.leave(x)
	lost := c.guard.calls.Lose()
	x.host.logger.LogAttrs(c.asked.Context(), slog.LevelError, "a call went past its timeout and was given up, but still runs",
		slog.String("function", c.guard.name), slog.String("requestId", x.call.RequestID),
		slog.Duration("timeout", c.guard.info.Timeout), slog.Duration("over", x.over()),
		slog.Int64("lost", lost), slog.Int64("bound", c.guard.calls.Bound))
	return true
}

// lose notes that the function is given up, unless it has returned.
func (c *running) lose() bool {
	c.fate.Lock()
	defer c.fate.Unlock()
	if c.returned {
		return false // it would not learn of it any more
	}
	c.lost = true
	return true
}

// over returns by how much the call is over its time.
func (x *exchange) over() time.Duration { return time.Since(x.start) - x.running.guard.info.Timeout }

// late returns the error of a call that is over its time.
func (x *exchange) late() error {
	return fmt.Errorf("the function went on for %s after its timeout: %w", x.over().Round(time.Millisecond), context.DeadlineExceeded)
}

// seize takes the connection from the function, which may be reading from it. It returns nil
// if the connection has gone.
func (x *exchange) seize() net.Conn {
	if x.running.conn != nil {
		x.running.sent = true // whatever it was
		return x.running.conn
	}
	if x.running.sent {
		_ = x.controller().SetWriteDeadline(time.Now()) // nobody waits for the rest
	}
	conn, _, err := x.controller().Hijack()
	if err != nil {
		return nil
	}
	return conn
}

// part sends the last answer on a connection, and closes it.
func (x *exchange) part(conn net.Conn) {
	defer func() {
		if v := recover(); v != nil { // of what shows people that something went wrong
			x.host.logger.ErrorContext(x.running.asked.Context(), "the last answer to a call panicked",
				slog.String("function", x.running.guard.name), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
		}
		if conn != nil {
			_ = conn.Close()
		}
	}()
	begun := conn == nil || x.running.sent
	last := &lastAnswer{header: http.Header{}}
	x.answerFor(last, begun)
	if !begun && last.send(conn, x.running.asked) == nil {
		linger(conn)
	}
}

// answerFor answers on w with a 504 in place of the function, unless the answer has begun,
// and then logs and counts the call. It uses nothing that the function can still change.
func (x *exchange) answerFor(w http.ResponseWriter, begun bool) {
	r := x.running.asked
	y := &exchange{
		ResponseWriter: w, host: x.host, request: x.request, cors: x.cors, start: x.start, access: x.access,
		meter: x.meter, claimed: true, people: x.people, idHeader: x.idHeader,
	}
	y.call.RequestID, y.call.TraceID, y.call.Function = x.call.RequestID, x.call.TraceID, x.call.Function
	y.body.head = r.Method == http.MethodHead
	x.running.fate.Lock()
	y.original = x.original
	x.running.fate.Unlock()
	err := x.late()
	if begun {
		y.status, y.bytes, y.call.Problem = x.status, x.bytes, answer.Of(err)
	} else {
		clear(w.Header()) // of what the function had sent before its answer, such as a 103
		y.addCommon(w.Header())
		y.fail(r, err)
	}
	y.close(r, begun)
}

// lastAnswer is an answer to be sent on a connection that the server does not know any more.
type lastAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (a *lastAnswer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *lastAnswer) WriteHeader(status int) { a.status = status }

// Write implements [http.ResponseWriter].
func (a *lastAnswer) Write(p []byte) (int, error) { return a.body.Write(p) }

// send sends the answer to r.
func (a *lastAnswer) send(conn net.Conn, r *http.Request) error {
	a.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	_ = conn.SetWriteDeadline(time.Now().Add(writeGrace))
	whole := http.Response{
		StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Request: r, Close: true,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()),
	}
	return whole.Write(conn)
}

// linger reads what the client still sends, for a while.
func linger(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	over := time.AfterFunc(lingering, func() { _ = conn.Close() }) // whatever else sets deadlines
	defer over.Stop()
	_, _ = io.Copy(io.Discard, conn)
}
