package timed

import "time"

// patience is how long a read of one byte waits before it asks the system for it.
const patience = 10 * time.Millisecond

// linger has a read of one byte wait a moment, unless the last was of one byte too. So net/http
// waits in each call for the client to hang up, and takes the read back when the call ends, as
// most do before the moment is over: neither need reach the system. A hang-up is heard of so
// much later. The caller holds the lock.
func (c *Conn) linger(size int) {
	patient := size == 1 && c.whole
	c.whole = size > 1
	if !patient || c.read.reached || c.closed {
		return
	}
	c.until = time.Now().Add(patience)
	if c.armed.IsZero() || c.until.Before(c.armed) {
		c.arm(c.until)
	}
	for !c.until.IsZero() && !c.read.reached && !c.closed {
		c.news.Wait()
	}
	c.until = time.Time{}
}

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
