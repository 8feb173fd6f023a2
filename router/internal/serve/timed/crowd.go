package timed

import (
	"runtime"
	"sync/atomic"
)

// crowd tells whether many clients ask again and again, each on a connection of its own. It does
// not look at the clock, but counts for how many connections the last answers were.
type crowd struct {
	answers     atomic.Uint64 // so far
	connections atomic.Int64  // that this term's answers were for
	large       atomic.Bool   // in the last term
}

const (
	term = 1024 // answers
	many = 12   // connections for each processor; fewer would only wait for each other
)

// answer counts an answer for a connection whose last one was in the term last, and reports whether
// there is a crowd.
func (c *crowd) answer(last *atomic.Uint64) bool {
	n := c.answers.Add(1)
	if n%term == 0 {
		c.large.Store(c.connections.Swap(0) >= int64(min(many*runtime.GOMAXPROCS(0), term/2)))
	}
	if now := n/term + 1; last.Load() != now {
		last.Store(now)
		c.connections.Add(1)
	}
	return c.large.Load()
}
