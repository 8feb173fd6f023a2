package overrun

import "time"

// Call is a call while it is watched. It is a part of what it belongs to, so that to watch
// it allocates nothing.
type Call struct {
	owner      Owner
	due        time.Time
	prev, next *Call // nil while it is not watched
}

// Owner is what a call belongs to.
type Owner interface {
	// GiveUp is called in a goroutine of its own for a call that was due and has not ended.
	// The call may end at the same time.
	GiveUp()
}

// Begin watches a call until [Calls.End]. If it is due before that, its owner gives it up. If it
// may not begin any more, Begin returns why: what shuts the function cancels those that have
// begun, and there is none in between.
func (c *Calls) Begin(call *Call, owner Owner, due time.Time) error {
	call.owner, call.due = owner, due
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.Refusal(); err != nil {
		return err
	}
	before := c.list.prev
	for before != &c.list && before.due.After(due) { // hardly ever: calls begin in the order in which they are due
		before = before.prev
	}
	call.prev, call.next = before, before.next
	call.prev.next, call.next.prev = call, call
	if c.armed.IsZero() || due.Before(c.armed) {
		c.arm(due)
	}
	return nil
}

// End watches the call no longer.
func (c *Calls) End(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(call)
}

func (c *Calls) remove(call *Call) {
	if call.next == nil {
		return
	}
	call.prev.next, call.next.prev = call.next, call.prev
	call.prev, call.next = nil, nil
}

// arm has the timer fire when a call is due. It is not disarmed when that call ends: it
// then looks for the next one, which is cheaper than to do so at each end.
func (c *Calls) arm(due time.Time) {
	c.armed = due
	if c.timer == nil {
		c.timer = time.AfterFunc(time.Until(due), c.look)
		return
	}
	c.timer.Reset(time.Until(due))
}

// look has those calls given up that are due.
func (c *Calls) look() {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = time.Time{}
	for first := c.list.next; first != &c.list; first = c.list.next {
		if first.due.After(now) {
			c.arm(first.due)
			return
		}
		c.remove(first)
		go first.owner.GiveUp()
	}
}
