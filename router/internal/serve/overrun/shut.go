package overrun

// Canceler is an [Owner] whose call can be asked to end before its time.
type Canceler interface {
	// Cancel is called while the call is watched, with the reason why no other may begin.
	Cancel(why error)
}

// Shut has the function take no other calls, because of why, and cancels those that run,
// until [Set.Open].
func (s *Set) Shut(function string, why error) {
	for _, c := range s.All() {
		if c.Function == function {
			c.shut.Store(&why)
			c.cancel(why)
		}
	}
}

// Open undoes [Set.Shut].
func (s *Set) Open(function string) {
	for _, c := range s.All() {
		if c.Function == function {
			c.shut.Store(nil)
		}
	}
}

// cancel cancels the calls that are watched.
func (c *Calls) cancel(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for call := c.list.next; call != &c.list; call = call.next {
		if owner, ok := call.owner.(Canceler); ok {
			owner.Cancel(why)
		}
	}
}
