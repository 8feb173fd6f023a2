package drain

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Connections counts the open connections of a server. Make one with [NewConnections].
type Connections struct {
	open atomic.Int64
	none chan struct{} // gets a value when the last one closed
}

// NewConnections returns the connections of a server that has none yet.
func NewConnections() *Connections { return &Connections{none: make(chan struct{}, 1)} }

// Note is the server's ConnState.
func (c *Connections) Note(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		if c.open.Add(-1) == 0 {
			select {
			case c.none <- struct{}{}:
			default:
			}
		}
	case http.StateActive, http.StateIdle:
	}
}

// Wait returns when no connection is open, or after d, or when ctx ends.
func (c *Connections) Wait(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for c.open.Load() > 0 {
		select {
		case <-c.none:
		case <-ctx.Done():
			return
		}
	}
}
