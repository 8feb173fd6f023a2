package serve

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

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
