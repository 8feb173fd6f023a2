package serve

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Idle sends what has been written so far, as Flush does, and from then on holds little for the
// answer, which is one that goes on for long and mostly waits for more to send.
//
// net/http has buffers of 8 KiB for a connection as long as it serves a request there. So of
// HTTP/1.1 the connection is taken from it, and closed at the end of the answer. Other answers
// go on as they are.
func (x *exchange) Idle() error {
	if !x.running.writes() {
		return http.ErrHandlerTimeout
	}
	defer x.running.wrote()
	idles := x.idles()
	if idles {
		x.header().Set("Connection", "close")
	}
	if err := x.flush(); err != nil || !idles || x.refused != 0 {
		return err
	}
	return x.take()
}

// idles reports whether the connection can be taken: the header is still to be sent, what follows
// it goes out in chunks, and net/http has nothing to read any more.
func (x *exchange) idles() bool {
	r, h := x.running.asked, x.header()
	_, ok := x.ResponseWriter.(http.Hijacker)
	return ok && r.ProtoAtLeast(1, 1) && !hasBody(r) && !x.body.head && !x.running.sent && (x.status == 0 || x.status == http.StatusOK) &&
		h["Content-Length"] == nil && h["Transfer-Encoding"] == nil
}

// take takes the connection, whose header has been sent.
func (x *exchange) take() error {
	x.host.idling.Add() // before the server forgets the connection
	conn, buffers, err := x.controller().Hijack()
	if err != nil {
		x.host.idling.Done()
		return err
	}
	*buffers.Reader, *buffers.Writer = bufio.Reader{}, bufio.Writer{} // net/http has both until the handler returns
	i := &idle{host: x.host, conn: conn, header: x.ResponseWriter.Header()}
	x.running.conn = conn
	x.running.fate.Lock()
	x.ResponseWriter = i
	x.running.fate.Unlock()
	i.listen(x.running.context.End)
	return conn.SetWriteDeadline(x.start.Add(x.running.guard.info.Timeout + writeGrace))
}

// idle writes the rest of an answer of HTTP/1.1 to a connection that net/http does not know any
// more, in chunks (RFC 9112, 7.1).
type idle struct {
	host   *Host
	conn   net.Conn
	header http.Header
	watch  uint64    // of the host's hangUps; 0 if they do not know it
	short  [128]byte // room for a chunk that is short: to send one allocates nothing
}

// listen has gone called when the client hangs up.
func (i *idle) listen(gone func()) {
	err := errors.ErrUnsupported
	if conn, ok := i.conn.(syscall.Conn); ok {
		i.watch, err = i.host.hangUps.watch(conn, gone)
	}
	if err == nil {
		return
	}
	go func() { // as net/http does
		if _, err := i.conn.Read(make([]byte, 1)); err != nil {
			gone()
		}
	}()
}

// Header implements [http.ResponseWriter].
func (i *idle) Header() http.Header { return i.header }

// WriteHeader implements [http.ResponseWriter]. It was sent.
func (*idle) WriteHeader(int) {}

// Write sends p. If it fails, the connection is closed: what followed would stand within p.
func (i *idle) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil // an empty chunk is the end
	}
	chunk := append(strconv.AppendInt(i.short[:0], int64(len(p)), 16), "\r\n"...)
	chunk = append(append(slices.Grow(chunk, len(p)+2), p...), "\r\n"...)
	if _, err := i.conn.Write(chunk); err != nil {
		_ = i.conn.Close()
		return 0, err
	}
	return len(p), nil
}

// FlushError does nothing: nothing is held back.
func (*idle) FlushError() error { return nil }

// SetWriteDeadline implements what [http.ResponseController] wants.
func (i *idle) SetWriteDeadline(t time.Time) error { return i.conn.SetWriteDeadline(t) }

// end ends the answer, unless it was broken off, and closes the connection.
func (i *idle) end(broken bool) {
	if !broken {
		_ = i.conn.SetWriteDeadline(time.Now().Add(writeGrace))
		_, _ = io.WriteString(i.conn, "0\r\n\r\n") // a client that is gone cannot be told
	}
	_ = i.conn.Close()
}

// closed notes that the answer is over, and its connection closed.
func (i *idle) closed() {
	i.host.hangUps.forget(i.watch)
	i.host.idling.Done()
}
