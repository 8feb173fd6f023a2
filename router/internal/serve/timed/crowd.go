package timed

import (
	"runtime"
	"sync/atomic"
	"time"
)

// crowd has answers wait for each other, if it pays. Sending an answer wakes its client, which is
// the most costly part of a short call, unless the client is awake. So when many clients make short
// calls, all answers that can be made are made first, and then sent one after another.
//
// An answer that waits is behind all that can run. So nobody waits where calls take long, or where
// something beside them does: answers have to come fast.
//
// A wait before a read instead would have connections starve: the next request would be there
// afterwards, so nobody would wait for the network, and it would hardly be asked.
type crowd struct {
	answers     atomic.Int64 // so far
	began       atomic.Int64 // this term, in nanoseconds since 1970
	connections atomic.Int64 // with answers in this term and in the one before
	here        atomic.Bool  // as the last term showed
}

const (
	term  = 1024                  // answers
	quick = 30 * time.Microsecond // for an answer, on average
	many  = 12                    // connections for each processor; fewer would only wait for each other
	most  = term / 2              // connections that are asked for at most: a term has no room for many more
)

// wait is to be called before an answer is sent. Each connection has a last of its own, which is zero
// at first: it is the term of the answer before.
func (c *crowd) wait(last *atomic.Int64) {
	n := c.answers.Add(1)
	if n%term == 0 {
		c.look()
	}
	now := n/term + 2 // 0 is none
	if was := last.Load(); was != now {
		if last.Store(now); was == now-1 {
			c.connections.Add(1)
		}
	}
	if c.here.Load() {
		runtime.Gosched()
	}
}

// look says what the term that ends has shown.
func (c *crowd) look() {
	now := time.Now().UnixNano()
	fast := now-c.began.Swap(now) <= int64(term*quick)
	crowded := c.connections.Swap(0) >= int64(min(many*runtime.GOMAXPROCS(0), most))
	c.here.Store(fast && crowded)
}
