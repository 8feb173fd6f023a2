package serve

import (
	"net"
	"sync"
	"time"
)

// gate is a listener that closes without hurting anybody, as far as that can be
// done: closing a listener resets the connections that the kernel has completed
// and nobody has accepted yet, and their clients may have sent a request already.
//
// So a gate that is shut goes on accepting, but holds what it accepts. Clients
// that wait for an answer before they ask again soon all wait; then nothing
// arrives any more, the listener closes unnoticed, and what was held is served.
type gate struct {
	net.Listener

	mu  sync.Mutex
	end time.Time // when to close at the latest; zero while open

	held   []net.Conn // as closed, only for Accept, which only one goroutine calls
	closed bool
}

// maxHeld bounds the connections that are held.
const maxHeld = 4096

// shut makes Accept fail, and the listener close, once it has been quiet, but no
// later than after patience.
func (g *gate) shut(patience time.Duration) {
	g.mu.Lock()
	g.end = time.Now().Add(patience)
	g.mu.Unlock()
	g.expectQuiet()
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for !g.closed {
		conn, err := g.Listener.Accept()
		if !g.shutting() {
			return conn, err
		}
		if err == nil {
			g.held = append(g.held, conn)
			g.expectQuiet()
		}
		if err != nil || len(g.held) == maxHeld {
			_ = g.Close()
			g.closed = true
		}
	}
	if len(g.held) == 0 {
		return nil, net.ErrClosed
	}
	conn := g.held[0]
	g.held = g.held[1:]
	return conn, nil
}

func (g *gate) shutting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.end.IsZero()
}

// expectQuiet lets a running Accept fail if nobody connects for a while, which
// is the shorter the less time is left: under steady load any gap has to do.
func (g *gate) expectQuiet() {
	g.mu.Lock()
	defer g.mu.Unlock()
	const shortest = time.Millisecond
	now := time.Now()
	deadline := now.Add(max(g.end.Sub(now)/10, shortest))
	if now.After(g.end) {
		deadline = now
	}
	d, ok := g.Listener.(interface{ SetDeadline(t time.Time) error })
	if !ok || d.SetDeadline(deadline) != nil {
		_ = g.Close()
	}
}
