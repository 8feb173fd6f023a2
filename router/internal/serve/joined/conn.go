// Package joined sends what belongs together in one write. net/http has a buffer of 4 KiB for
// each connection, so that an answer that is longer takes two writes at least, and to write
// costs as much as to make many an answer.
package joined

import (
	"context"
	"net"
	"net/http"
	"sync"

	"switchyard/router/internal/serve/timed"
)

// Listener returns connections whose writes can be joined, if they are a [timed.Conn].
type Listener struct{ net.Listener }

// Accept implements [net.Listener].
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if inner, ok := c.(*timed.Conn); ok {
		return &Conn{Conn: inner}, err
	}
	return c, err
}

// Conn is a connection whose writes can be joined.
type Conn struct {
	*timed.Conn

	mu      sync.Mutex
	joining bool
	held    []byte // written, but not sent, while writes are joined
}

// Write implements [net.Conn].
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	if c.joining {
		c.held = append(c.held, p...)
		c.mu.Unlock()
		return len(p), nil
	}
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// Join calls write, and then sends in one piece what that has written. Nobody else may write
// meanwhile. What is written is kept in buffer, or in a larger one if it is too small.
//
// The error is that of write, or of sending. After the latter the connection is closed, since
// what wrote takes all for sent.
func (c *Conn) Join(buffer []byte, write func() error) error {
	c.hold(true, buffer[:0])
	failed := write()
	whole := c.hold(false, nil)
	if len(whole) == 0 {
		return failed
	}
	if _, err := c.Conn.Write(whole); err != nil {
		_ = c.Close() // it is broken already
		return err
	}
	return failed
}

// hold says whether writes are joined from now on, in next, and returns what was joined.
func (c *Conn) hold(joining bool, next []byte) (held []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held, c.held, c.joining = c.held, next, joining
	return held
}

type key struct{}

// Connected returns a context for the requests of a connection, which knows it. It is for
// servers, as their ConnContext.
func Connected(ctx context.Context, c net.Conn) context.Context {
	if joined, ok := c.(*Conn); ok {
		return context.WithValue(ctx, key{}, joined)
	}
	return ctx
}

// Of returns the connection by which r has come, if nothing else is written there before r is
// answered; else nil. In HTTP/2 other answers go the same way.
func Of(r *http.Request) *Conn {
	if r.ProtoMajor != 1 {
		return nil
	}
	c, _ := r.Context().Value(key{}).(*Conn)
	return c
}
