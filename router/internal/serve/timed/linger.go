package timed

import (
	"runtime"
	"time"
)

// patience bounds how much later the end of a client is heard of. It is short for that, and long
// enough for most calls to end before.
const patience = 10 * time.Millisecond

// linger has a read of one byte wait a moment, if it is the first since its deadline was taken away.
// So net/http waits in each call for the client to hang up, and takes the read back when the call
// ends, as most do before the moment is over: neither need reach the system. A hang-up is heard of
// up to so much later. The caller holds the lock, which linger lets go while it waits.
func (c *Conn) linger(size int) {
	patient := size == 1 && c.read.freed
	c.read.freed = false
	if patient && !c.over() && !c.owes.Load() {
		// Somebody has begun to write: mostly the answer is about to go out, after which this read is
		// taken back. See [crowd].
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
	}
	if !patient || c.over() {
		return
	}
	if c.until.IsZero() {
		c.until = time.Now().Add(patience)
		if c.armed.IsZero() || c.until.Before(c.armed) {
			c.arm(c.until)
		}
	} // else it waits no longer than the one before would have
	for !c.until.IsZero() && !c.over() {
		c.news.Wait()
	}
}

// over reports whether reading has ended: its deadline is reached, or the connection is closed.
func (c *Conn) over() bool { return c.read.reached || c.closed }

// hurry ends the patience of a read that lingers when it is time, and else has the timer wait for that.
func (c *Conn) hurry() {
	switch {
	case c.until.IsZero():
	case time.Now().Before(c.until):
		c.arm(c.until)
	default:
		c.until = time.Time{}
		c.news.Broadcast()
	}
}
