// Package overload bounds what a process does at once, so that too much to do makes it refuse
// some calls, and does not make it slow for all.
//
// A [Gate] bounds the calls of one function. Most gates have a second bound in common, the
// limit of the process, which follows how long calls take: see adapt.go. A call that finds no
// place waits a little in a room: see room.go.
//
// Each bound leaves something for clients that have little of it: see [fair]. A [Client] says which
// calls are of the same client.
package overload

import (
	"context"
	"sync"
	"time"
)

// Reason says why a call got no place.
type Reason int

// The reasons.
const (
	Granted Reason = iota // it got one
	Full                  // there was no place to wait either
	Late                  // it has waited in vain
	Gone                  // its context ended while it waited
	Crowded               // too many bodies were being received: see [Bodies]
	Reasons               // how many there are
)

// String returns the reason as metrics have it.
func (r Reason) String() string {
	return [...]string{"granted", "full", "late", "gone", "bodies"}[r]
}

// Limiter bounds the calls of a process. It is safe for concurrent use. Make one with [New].
type Limiter struct {
	start time.Time
	seed  seed

	mu      sync.Mutex
	pace    pace
	running int // of gates that share the limit
	sites   counts
	nets    counts
	room    room
}

// New returns the limiter of a process that computes on so many processors.
func New(processors int) *Limiter {
	return &Limiter{start: time.Now(), seed: newSeed(), pace: newPace(processors)}
}

// fair reports whether one that has mine of all that is in use may have more, if there is
// bound in all: it may have three times as much as is free. So one alone gets three quarters,
// two get three sevenths each, and something is always left for one that has nothing yet.
func fair(mine, all, bound int) bool { return mine < 3*(bound-all) }

// half is fair for one function among the others: it may have as much as is free, so that a
// client that has filled what one function may have still gets something of the others.
func half(mine, all, bound int) bool { return mine < bound-all }

// Gate bounds the calls of one function. Make one with [Limiter.Gate].
type Gate struct {
	limiter *Limiter
	max     int
	kind    Kind

	running int
	waiting int
	lines   []line        // of calls that wait
	sites   *smallCounts  // nil until the first call: most functions are called seldom
	usual   time.Duration // how long calls take while there is little to do
}

// Kind says what else than its own bound a gate keeps.
type Kind int

// The kinds.
const (
	Shared   Kind = iota // its calls count for the limit of the process, and wait for a place
	Separate             // its calls wait for a place, and count for the gate's own bound alone
	Reserved             // as Separate, but a call that finds no place is refused at once
)

// Gate returns a gate for max calls at once.
func (l *Limiter) Gate(max int, kind Kind) *Gate { return &Gate{limiter: l, max: max, kind: kind} }

// Slot is a place that a call has taken. The zero Slot is ready for use.
type Slot struct {
	// Waited is how long the call has waited for it, or in vain.
	Waited time.Duration

	gate   *Gate
	client Client
	since  time.Duration
	held   bool
}

// Enter takes a place for a call of client into s. If there is none it waits until there is
// one, until ctx ends, and at most for patience. A call that is Granted one has to [Slot.Leave].
func (g *Gate) Enter(ctx context.Context, s *Slot, client Client, patience time.Duration) Reason {
	l := g.limiter
	s.gate, s.client = g, client
	now := l.now()
	l.mu.Lock()
	if g.admits(client) {
		s.take(now)
		l.mu.Unlock()
		return Granted
	}
	return l.wait(ctx, s, now, min(patience, maxWait))
}

// Leave gives the place back, and reports whether the call had one. Any goroutine may do so.
func (s *Slot) Leave() bool {
	if s.gate == nil {
		return false
	}
	l := s.gate.limiter
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !s.held {
		return false
	}
	s.give()
	if s.gate.kind == Shared {
		l.pace.add(s.gate, now, now-s.since, l.running+1)
	}
	l.admit(now)
	return true
}

// State is how much a limiter has to do.
type State struct {
	Limit   int // of the calls that count for it
	Running int // of them
	Waiting int // calls in the room
}

// State returns how much there is to do.
func (l *Limiter) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return State{l.pace.limit, l.running, l.room.waiting}
}

// now returns the time since the limiter was made: it costs half of what time.Now does.
func (l *Limiter) now() time.Duration { return time.Since(l.start) }

// open reports whether anybody may have a place now.
func (g *Gate) open() bool {
	l := g.limiter
	return g.running < g.max && (g.kind != Shared || l.running < l.pace.limit)
}

// admits reports whether a call of c may have a place now.
func (g *Gate) admits(c Client) bool {
	if g.running >= g.max || c.known && !fair(int(g.sites.of(c)), g.running, g.max) {
		return false
	}
	if g.kind != Shared {
		return true
	}
	l, limit := g.limiter, g.limiter.pace.limit
	return half(g.running, l.running, limit) && (!c.known || fair(int(l.sites[c.site]), l.running, limit))
}

// take has the call of s run from now on.
func (s *Slot) take(now time.Duration) {
	s.since, s.held = now, true
	s.count(1)
}

// give ends that.
func (s *Slot) give() {
	s.held = false
	s.count(-1)
}

func (s *Slot) count(n int) {
	g, l, c := s.gate, s.gate.limiter, s.client
	g.running += n
	if g.sites == nil {
		g.sites = new(smallCounts)
	}
	g.sites.add(c, n)
	if g.kind == Shared {
		l.running += n
		l.sites[c.site] += int32(n) //nolint:gosec // 1 or -1
		l.nets[c.net] += int32(n)   //nolint:gosec // as above
	}
}
