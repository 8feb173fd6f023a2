package overrun

// Leaver is an [Owner] whose call can be asked to end before its time.
type Leaver interface {
	// Leave is called while the call is watched, with the reason why no other may begin.
	Leave(why error)
}

// Shut has the function take no other calls, because of why, and asks those that run to
// leave, until [Set.Open].
func (s *Set) Shut(function string, why error) {
	for _, c := range s.All() {
		if c.Function == function {
			c.shut.Store(&why)
			c.leave(why)
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

// leave asks the calls that are watched to leave.
func (c *Calls) leave(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for call := c.list.next; call != &c.list; call = call.next {
		if l, ok := call.owner.(Leaver); ok {
			l.Leave(why)
		}
	}
}
