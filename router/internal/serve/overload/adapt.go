package overload

import "time"

// pace is the limit of the process, and what it follows from: every now and then it is
// looked at whether calls took longer than usual, each compared with those of its own
// function. If most did, and more ran than any machine has processors for, the limit
// falls; if they did not, and the limit was needed, it rises.
//
// Calls that are slow for a reason of their own, such as a service elsewhere, end seldom, and
// are outvoted by the others.
type pace struct {
	limit          int
	floor, ceiling int

	since       time.Duration // when this look began
	calls, late int           // since then
	most        int           // that ran at once since then
}

// Of a processor: so many calls may always run, may run at first, and at most.
const (
	floorEach   = 64
	startEach   = 256
	ceilingEach = 1024
)

const (
	every    = 100 * time.Millisecond // how often to look, if there are calls enough
	enough   = 32
	slack    = 50 * time.Millisecond // a call is late that takes this, and twice as long as usual
	memory   = 32                    // calls after which what is usual has followed
	slower   = 8                     // the part by which the limit falls
	faster   = 16                    // and by which it rises
	majority = 2
)

func newPace(processors int) pace {
	return pace{limit: startEach * processors, floor: floorEach * processors, ceiling: ceilingEach * processors}
}

// add takes note of a call through g that has ended at now, having taken so long, when
// running calls ran.
func (p *pace) add(g *Gate, now, took time.Duration, running int) {
	p.calls++
	p.most = max(p.most, running)
	switch {
	case g.usual == 0:
		g.usual = took
	case running <= p.floor:
		g.usual += (took - g.usual) / memory
	}
	if took > 2*g.usual+slack {
		p.late++
	}
	if p.calls >= enough && now-p.since >= every {
		p.follow()
		p.since, p.calls, p.late, p.most = now, 0, 0, 0
	}
}

// follow sets the limit by what was seen.
func (p *pace) follow() {
	switch {
	case p.late*majority > p.calls && p.most > p.floor:
		most := min(p.limit, p.most)
		p.limit = max(p.floor, most-most/slower)
	case p.most*2 > p.limit:
		p.limit = min(p.ceiling, p.limit+p.limit/faster)
	}
}
