// Package timed has deadlines that cost next to nothing as long as they are not reached: of
// calls, a context whose timer starts when somebody waits for it; of connections, one timer for
// all that a server sets. Its connections also choose the moment at which a crowd is answered.
package timed

import (
	"io"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Listener returns connections of which each has a [Conn]'s deadlines, if they are of TCP.
type Listener struct {
	net.Listener

	crowd crowd
}

// Accept implements [net.Listener].
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		conn := &Conn{TCPConn: tcp, crowd: &l.crowd, write: side{busy: 1}}
		conn.news.L = &conn.mu
		return conn, err
	}
	return c, err
}

// Conn is a connection whose deadlines are kept by one timer of its own. net/http sets seven in
// each request, and a deadline of the connection proper is a timer to be moved in the runtime.
// Here it is a time to be noted: the timer is moved only to an earlier time, and when it fires,
// to the first deadline that is left. The connection proper is told of a deadline that is reached
// only if somebody waits there.
type Conn struct {
	*net.TCPConn

	crowd *crowd
	owes  atomic.Bool  // the next that is written is the beginning of an answer
	last  atomic.Int64 // see [crowd.wait]

	mu          sync.Mutex
	read, write side
	timer       *time.Timer
	armed       time.Time // when the timer fires; zero if it does not
	closed      bool
	late        error // of reading after its deadline

	news  sync.Cond // of a patient read: see [Conn.linger]
	until time.Time // when patience ends: the timer fires then, or before. Zero: the next one sets it
}

// side is reading, or writing.
type side struct {
	deadline time.Time // zero if there is none
	freed    bool      // the deadline was taken away, and nothing read since
	reached  bool
	told     bool // the connection proper knows that
	busy     int  // so many may wait there
}

// Read implements [net.Conn].
func (c *Conn) Read(p []byte) (int, error) {
	if err := c.begin(len(p)); err != nil {
		return 0, err
	}
	n, err := c.TCPConn.Read(p)
	c.end()
	return n, err
}

// Write implements [net.Conn].
func (c *Conn) Write(p []byte) (int, error) {
	if c.owes.Load() && c.owes.Swap(false) {
		c.crowd.wait(&c.last)
	}
	return c.TCPConn.Write(p)
}

// WriteTo implements [io.WriterTo].
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	if err := c.begin(math.MaxInt); err != nil {
		return 0, err
	}
	defer c.end()
	return c.TCPConn.WriteTo(w)
}

// SyscallConn implements [syscall.Conn]. From then on somebody may always be reading.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read.busy++
	_ = c.read.tell(c.TCPConn.SetReadDeadline) // of a connection that is closed, the next line tells
	return c.TCPConn.SyscallConn()
}

// begin begins reading of up to size bytes, unless the deadline for it is reached.
func (c *Conn) begin(size int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linger(size)
	if c.read.reached && !c.closed {
		if c.late == nil { // as the connection proper says it
			c.late = &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.ErrDeadlineExceeded}
		}
		return c.late
	}
	c.read.busy++
	return nil
}

func (c *Conn) end() {
	c.mu.Lock()
	c.read.busy--
	c.mu.Unlock()
}

// SetDeadline implements [net.Conn].
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements [net.Conn]. When net/http has read a request, it takes the deadline away.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		c.owes.Store(true)
	}
	return c.set(&c.read, t, c.TCPConn.SetReadDeadline)
}

// SetWriteDeadline implements [net.Conn].
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.set(&c.write, t, c.TCPConn.SetWriteDeadline)
}

// set sets the deadline of a side, which proper sets of the connection proper.
func (c *Conn) set(s *side, t time.Time, proper func(time.Time) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.deadline, s.reached, s.freed = t, false, t.IsZero()
	switch {
	case t.IsZero() || !c.armed.IsZero() && !t.Before(c.armed): // the timer fires before it
	case time.Now().Before(t):
		c.arm(t)
	default:
		s.reached = true
		c.news.Broadcast()
	}
	return s.tell(proper)
}

// tell tells the connection proper whether the deadline is reached, if that is news to somebody.
func (s *side) tell(proper func(time.Time) error) error {
	if s.reached == s.told || s.reached && s.busy == 0 {
		return nil
	}
	s.told = s.reached
	if !s.reached {
		return proper(time.Time{})
	}
	return proper(s.deadline)
}

// arm has the timer fire at t.
func (c *Conn) arm(t time.Time) {
	if c.closed {
		return
	}
	c.armed = t
	if c.timer == nil {
		c.timer = time.AfterFunc(time.Until(t), c.look)
		return
	}
	c.timer.Reset(time.Until(t))
}

// look notes which deadlines are reached, and has the timer wait for the next.
func (c *Conn) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = time.Time{}
	c.hurry()
	c.check(&c.read, c.TCPConn.SetReadDeadline)
	c.check(&c.write, c.TCPConn.SetWriteDeadline)
}

func (c *Conn) check(s *side, proper func(time.Time) error) {
	switch {
	case s.reached || s.deadline.IsZero():
	case !time.Now().Before(s.deadline):
		s.reached = true
		c.news.Broadcast()
		_ = s.tell(proper) // of a connection that is closed there is nothing to wait for
	case c.armed.IsZero() || s.deadline.Before(c.armed):
		c.arm(s.deadline)
	}
}

// Close implements [net.Conn].
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.news.Broadcast()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
	return c.TCPConn.Close()
}
