// Package drain ends a server's connections without cutting a request: it closes the listener
// when nobody is about to be accepted, and waits for clients to let go.
package drain

import (
	"net"
	"sync"
	"time"
)

// Listener closes without a connection being reset, as far as that can be done: closing a
// listener resets the connections that the kernel has completed and nobody has accepted
// yet, and their clients may have sent a request already.
//
// So after Shut it goes on accepting, but holds what it accepts. Clients that wait for an
// answer before they ask again soon all wait; then nothing arrives any more, the listener
// closes unnoticed, and what was held is served.
type Listener struct {
	net.Listener

	mu  sync.Mutex
	end time.Time // when to close at the latest; zero while open

	held   []net.Conn // as closed, only for Accept, which only one goroutine calls
	closed bool
}

// maxHeld bounds the connections that are held.
const maxHeld = 4096

// Shut makes Accept fail, and the listener close, once it has been quiet, but no
// later than after patience.
func (l *Listener) Shut(patience time.Duration) {
	l.mu.Lock()
	l.end = time.Now().Add(patience)
	l.mu.Unlock()
	l.expectQuiet()
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	for !l.closed {
		conn, err := l.Listener.Accept()
		if !l.shutting() {
			return conn, err
		}
		if err == nil {
			l.held = append(l.held, conn)
			l.expectQuiet()
		}
		if err != nil || len(l.held) == maxHeld {
			_ = l.Close()
			l.closed = true
		}
	}
	if len(l.held) == 0 {
		return nil, net.ErrClosed
	}
	conn := l.held[0]
	l.held = l.held[1:]
	return conn, nil
}

func (l *Listener) shutting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.end.IsZero()
}

// expectQuiet lets a running Accept fail if nobody connects for a while, which
// is the shorter the less time is left: under steady load any gap has to do.
func (l *Listener) expectQuiet() {
	l.mu.Lock()
	defer l.mu.Unlock()
	const shortest = time.Millisecond
	now := time.Now()
	deadline := now.Add(max(l.end.Sub(now)/10, shortest))
	if now.After(l.end) {
		deadline = now
	}
	d, ok := l.Listener.(interface{ SetDeadline(t time.Time) error })
	if !ok || d.SetDeadline(deadline) != nil {
		_ = l.Close()
	}
}
