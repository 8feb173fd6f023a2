// Package overrun knows the calls that go past the time which their function gives them. It
// finds them while they run, at next to no cost for those that end in time, and counts those
// that were given up and still run: they are lost. A function that has too many lost calls
// takes no others until some of them have ended.
//
// Go has no way to end a function that does not end by itself. What a host can do is to
// answer in its place, and to see to it that nobody else waits for it.
package overrun

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/shared/fault"
)

// Grace is how long a call may go on after its time before it is given up. A function that
// minds the end of its context has left by then.
const Grace = time.Second

// retry is what callers are told of a function that has too many lost calls.
const retry = 5 * time.Second

// Set has the calls of all functions of a process. The zero value is ready to use, and safe
// for concurrent use.
type Set struct {
	mu     sync.Mutex
	all    []*Calls
	byName map[string]*Calls
}

// Calls returns those of a function, of which concurrent may run at once. Once a quarter of
// that number, and at least 4, are lost, it takes no more.
func (s *Set) Calls(function string, concurrent int) *Calls {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byName[function]; known != nil {
		return known
	}
	if s.byName == nil {
		s.byName = map[string]*Calls{}
	}
	c := &Calls{Function: function, Bound: max(4, int64(concurrent)/4)}
	c.list.prev, c.list.next = &c.list, &c.list
	s.all, s.byName[function] = append(s.all, c), c
	return c
}

// All returns the calls of each function, in the order in which they were added.
func (s *Set) All() []*Calls {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clip(s.all)
}

// Lost returns how many calls are lost, of all functions.
func (s *Set) Lost() (n int64) {
	for _, c := range s.All() {
		n += c.Lost()
	}
	return n
}

// Calls are those of one function. Get one from [Set.Calls].
type Calls struct {
	Function string
	Bound    int64 // with so many lost calls it takes no more

	lost, overruns atomic.Int64
	shut           atomic.Pointer[error] // why it takes no calls; nil: it does

	mu    sync.Mutex
	list  Call // before the call that is due first, and after the one that is due last
	timer *time.Timer
	armed time.Time // when the timer fires; zero if it does not
}

// Lost returns how many calls were given up and still run.
func (c *Calls) Lost() int64 { return c.lost.Load() }

// Overruns returns how many calls went past their time so far, lost or not.
func (c *Calls) Overruns() int64 { return c.overruns.Load() }

// Overran counts a call that went past its time, and has ended since.
func (c *Calls) Overran() { c.overruns.Add(1) }

// Lose counts a call that is given up while it runs. It returns how many there are now.
func (c *Calls) Lose() int64 {
	c.Overran()
	return c.lost.Add(1)
}

// Return counts the end of a lost call.
func (c *Calls) Return() { c.lost.Add(-1) }

// Refusal returns why no other call may begin; nil if one may.
func (c *Calls) Refusal() error {
	if why := c.shut.Load(); why != nil {
		return *why
	}
	if c.Lost() < c.Bound {
		return nil
	}
	return fault.RetryAfter(retry, fault.New(fault.Unavailable,
		"Calls that took too long are still running here, so that no more can begin. Try again later."))
}
