package apart

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long calls wait for a process that is being started again.
const patience = 2 * time.Second

var errDown = errors.New("its process has ended, and is being started again")

// gate holds calls back while no process takes them. It begins shut. Make one with newGate.
type gate struct {
	open atomic.Bool

	mu     sync.Mutex
	opened chan struct{} // closed while open
	since  time.Time     // when it was shut
}

func newGate() *gate { return &gate{opened: make(chan struct{}), since: time.Now()} }

// set opens the gate, or shuts it.
func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case open == g.open.Load():
	case open:
		close(g.opened)
	default:
		g.opened, g.since = make(chan struct{}), time.Now()
	}
	g.open.Store(open)
}

// wait returns nil once the gate is open. It fails with errDown if that takes too long, at
// once if it has been shut for too long already.
func (g *gate) wait(ctx context.Context) error {
	if g.open.Load() {
		return nil
	}
	g.mu.Lock()
	opened, left := g.opened, patience-time.Since(g.since)
	g.mu.Unlock()
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-opened:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errDown
	}
}
