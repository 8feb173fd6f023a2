package events

import (
	"slices"
	"time"
)

// turn is what a relay finds and does while it holds the lock.
type turn struct {
	began   time.Time // by this machine's clock
	now     time.Time // when it got the lock, by the clock of the database
	engine  engine
	before  []byte // the engine's state as it is in the database
	listens bool   // a function listens to canaries
	sung    bool   // one of the canaries was begun
	names   []waitingName
	taken   []takenEvent
	next    time.Time // of the first held event; zero if none is held

	settlement *settlement
	picked     picked
	results    results
	busy       bool // another relay works
	again      bool // what is in flight is sent again
	moreNames  bool // there are more names than a turn takes
}

// results is what has become of the events that were sent.
type results struct {
	taken  []message // by Inngest
	failed []message // sending them did, for a reason that is not theirs
	dead   []refusal
}

// refusal is an event that Inngest will not take.
type refusal struct {
	message
	reason string
}

// nameList returns the names of which events wait.
func (t *turn) nameList() []string {
	names := make([]string, len(t.names))
	for i, n := range t.names {
		names[i] = n.Name
	}
	return names
}

// unheard returns the keys of events that nobody listens to, if that is new: they have just
// been sent, or their last listener is gone. They hold up nobody.
func (t *turn) unheard() []string {
	keys := slices.Clone(t.settlement.unheard)
	for _, m := range t.results.taken {
		if m.key != "" && slices.ContainsFunc(t.names, func(n waitingName) bool { return n.Name == m.Name && !n.Listened }) {
			keys = append(keys, m.key)
		}
	}
	return keys
}

// more reports whether there is more to do at once.
func (t *turn) more() bool {
	left := func(e takenEvent) bool { return e.Key != "" } // the next of its key may go
	s := t.settlement
	refused := func(d refusal) bool { return d.key != "" }
	return !t.busy && (slices.ContainsFunc(t.results.dead, refused) || t.moreNames || t.again || s.keyed || t.picked.more || len(s.again) > 0 ||
		len(s.done)+len(s.later.ids) >= settleBegun || slices.ContainsFunc(s.done, left) || slices.ContainsFunc(s.dead, left) || len(t.unheard()) > 0)
}

// ripe reports whether the time of a held event has come.
func (t *turn) ripe() bool { return !t.busy && !t.next.IsZero() && !t.next.After(t.now) }

// wait returns how long the relay may do nothing, unless it is woken.
func (t *turn) wait() time.Duration {
	d := pollEvery
	switch {
	case t.busy:
		d = busyPause
	case len(t.picked.full) > 0 && t.engine.State != Stuck:
		d = fullPause
	case t.engine.State == Stuck || len(t.engine.Canaries) > 0 || !t.engine.Again.IsZero():
		d = doubtPause
	}
	if !t.next.IsZero() {
		left := t.next.Sub(t.now) - time.Since(t.began)
		d = min(d, max(left, fullPause)) // what somebody has locked is tried again
	}
	return d
}
