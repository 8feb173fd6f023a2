package overload

import (
	"context"
	"slices"
	"time"
)

const (
	// seats is how many calls may wait at once. To wait costs next to nothing, while refused
	// clients come again at once: so it is a waiting room that slows a flood down.
	seats = 4096
	// maxWait bounds how long: a call that waits longer had better be tried elsewhere, or later.
	maxWait = 500 * time.Millisecond
)

// room counts the calls that wait for a place. They wait in lines: see [line].
type room struct {
	waiting int
	sites   counts
	gates   []*Gate // that have lines
}

// line is the calls of one network that wait for a place at one gate, the one that has come
// first at the head.
type line struct {
	client  Client
	waiters []*waiter
}

type waiter struct {
	slot  *Slot
	since time.Duration
	ready chan struct{} // closed when slot has its place
}

// wait waits until s has a place, or for patience. The limiter is locked when it begins, and
// no more when it returns.
func (l *Limiter) wait(ctx context.Context, s *Slot, now, patience time.Duration) Reason {
	g, c, n := s.gate, s.client, l.room.waiting
	if g.kind == Reserved || patience <= 0 || !half(g.waiting, n, seats) || c.known && !fair(int(l.room.sites[c.site]), n, seats) {
		l.mu.Unlock()
		return Full
	}
	w := &waiter{s, now, make(chan struct{})}
	l.room.add(w)
	l.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	reason := Granted
	select {
	case <-w.ready:
	case <-timer.C:
		reason = Late
	case <-ctx.Done():
		reason = Gone
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Waited = l.now() - now
	if s.held { // at the last moment, perhaps
		return Granted
	}
	l.room.remove(w)
	return reason
}

// admit gives places to calls that wait and may have one.
func (l *Limiter) admit(now time.Duration) {
	for l.room.waiting > 0 {
		next := l.next()
		if next == nil {
			return
		}
		w := next.waiters[0]
		l.room.remove(w)
		w.slot.take(now)
		close(w.ready)
	}
}

// next returns the line whose first call is to have a place; nil if none may have one.
func (l *Limiter) next() (next *line) {
	for _, g := range l.room.gates {
		if !g.open() {
			continue
		}
		for i := range g.lines {
			if one := &g.lines[i]; (next == nil || l.before(one, next)) && g.admits(one.client) {
				next = one
			}
		}
	}
	return next
}

// before reports whether a goes before b: its client has fewer calls running, or it has waited
// longer.
func (l *Limiter) before(a, b *line) bool {
	if x, y := l.sites[a.client.site], l.sites[b.client.site]; x != y {
		return x < y
	}
	if x, y := l.nets[a.client.net], l.nets[b.client.net]; x != y {
		return x < y
	}
	return a.waiters[0].since < b.waiters[0].since
}

func (r *room) add(w *waiter) {
	g, c := w.slot.gate, w.slot.client
	if g.waiting == 0 {
		r.gates = append(r.gates, g)
	}
	if i := g.lineOf(c); i >= 0 {
		g.lines[i].waiters = append(g.lines[i].waiters, w)
	} else {
		g.lines = append(g.lines, line{c, []*waiter{w}})
	}
	r.count(w, 1)
}

func (r *room) remove(w *waiter) {
	g := w.slot.gate
	at := g.lineOf(w.slot.client)
	one := &g.lines[at]
	if i := slices.Index(one.waiters, w); i == 0 {
		one.waiters = one.waiters[1:]
	} else {
		one.waiters = slices.Delete(one.waiters, i, i+1)
	}
	if len(one.waiters) == 0 {
		g.lines = slices.Delete(g.lines, at, at+1)
	}
	if r.count(w, -1); g.waiting == 0 {
		at := slices.Index(r.gates, g)
		r.gates = slices.Delete(r.gates, at, at+1)
	}
}

func (r *room) count(w *waiter, n int) {
	w.slot.gate.waiting += n
	r.waiting += n
	r.sites[w.slot.client.site] += int32(n) //nolint:gosec // 1 or -1
}

// lineOf returns which of g's lines is c's; -1 if c has none.
func (g *Gate) lineOf(c Client) int {
	return slices.IndexFunc(g.lines, func(one line) bool { return one.client == c })
}
