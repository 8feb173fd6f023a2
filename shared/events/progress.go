package events

import "time"

// How long an event is kept for runs of which nothing is heard.
const (
	// unheard is for an event that no registered job listens to: one that does may be
	// a part of the release that is just being rolled out.
	unheard = 10 * time.Minute
	// giveUp is for runs that do not begin, or have begun and fallen silent. It is as
	// long as Inngest knows an event by its id; see the contract of its event API.
	giveUp = 24 * time.Hour
	// maxResend is the longest time between two sends.
	maxResend = time.Hour
)

// progress says how far an event has come that Inngest has taken.
type progress struct {
	Missing   string        // the listeners that have begun no run of it, for people; "" if all have
	Known     bool          // whether it has a listener, or a run
	Running   bool          // whether some run has not ended
	Overdue   time.Duration // since the first of those must have been heard of again; negative if it is to come
	SinceSent time.Duration // since Inngest first took it
	Delay     time.Duration // from then to its first run; 0 if there is none, or if it was sent again
}

// decision says what to do with an event.
type decision int

const (
	send      decision = iota // send it, perhaps again
	lookLater                 // look at it again, after a while
	done                      // it has taken effect
	lost                      // done, as far as can be known: a run of it fell silent
	dead                      // no run of it begins
)

// decide returns what becomes of an event that Inngest has taken. Inngest may begin or
// continue its runs later than usual, by the time slow. If the event is to be looked at
// again, the second result says after how long.
func decide(s progress, slow time.Duration) (decision, time.Duration) {
	switch {
	case s.Missing != "" && s.SinceSent > giveUp:
		return dead, 0
	case s.Missing != "" && s.SinceSent < slow:
		return lookLater, slow - s.SinceSent
	case s.Missing != "":
		return send, 0
	case !s.Known && s.SinceSent < unheard:
		return send, 0 // for the listener that may be registered by now
	case !s.Running:
		return done, 0
	case s.Overdue > giveUp:
		return lost, 0
	case s.Overdue >= slow:
		return send, 0
	}
	return lookLater, slow - s.Overdue
}

// pace is how long Inngest has taken of late to begin a run of an event, by the
// event's name. While it works off a backlog nothing is lost only because it has not
// begun: to send it all again would make the backlog longer, and so on.
type pace map[string]time.Duration

// learn takes note of what became of an event.
func (p pace) learn(name string, s progress) {
	if s.Delay > p[name] {
		p[name] = s.Delay
	}
}

// slow returns how long Inngest may take: twice of what it has taken, up to
// [maxResend], or 0 if that is no longer than it is waited for anyway.
func (p pace) slow(name string, resend time.Duration) time.Duration {
	if d := min(2*p[name], maxResend); d > resend {
		return d
	}
	return 0
}

// forget makes half of it count, so that a backlog of long ago does not.
func (p pace) forget() {
	for name, delay := range p {
		if p[name] = delay / 2; delay < time.Second {
			delete(p, name)
		}
	}
}
