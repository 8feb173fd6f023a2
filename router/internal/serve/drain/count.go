package drain

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
)

// Count counts what is open, such as the connections of a server. Make one with [NewCount].
type Count struct {
	open atomic.Int64
	none chan struct{} // gets a value when the last one closed
}

// NewCount returns a count of zero.
func NewCount() *Count { return &Count{none: make(chan struct{}, 1)} }

// Add counts one that is open from now on.
func (c *Count) Add() { c.open.Add(1) }

// Done notes that one has closed.
func (c *Count) Done() {
	if c.open.Add(-1) == 0 {
		select {
		case c.none <- struct{}{}:
		default:
		}
	}
}

// Note counts connections, as a server's ConnState.
func (c *Count) Note(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.Add()
	case http.StateClosed, http.StateHijacked:
		c.Done()
	case http.StateActive, http.StateIdle:
	}
}

// Wait returns nil when none is open, or the error of ctx when that ends. Only one goroutine may
// wait at a time.
func (c *Count) Wait(ctx context.Context) error {
	for c.open.Load() > 0 {
		select {
		case <-c.none:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
