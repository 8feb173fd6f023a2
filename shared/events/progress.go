package events

import "time"

// How long an event is kept for runs of which nothing is heard.
const (
	// unheard is for an event that no registered job listens to: one that does may be
	// a part of the release that is just being rolled out.
	unheard = 10 * time.Minute
	// listenAgain is between two looks whether somebody listens by now.
	listenAgain = 2 * time.Minute
	// giveUp is for runs that do not begin, or have begun and fallen silent. It is as
	// long as Inngest knows an event by its id; see the contract of its event API.
	giveUp = 24 * time.Hour
	// patience is how late a run may be when Inngest may have forgotten the event's id. After
	// that the event is sent again, which begins another run, with all steps anew. Inngest puts
	// off a try that nobody has answered for less than that, and there is a margin before giveUp.
	patience = 3 * time.Hour
	// maxResend is the longest time between two sends.
	maxResend = time.Hour
)

// progress says how far an event has come that Inngest has taken.
type progress struct {
	Missing   string        // the listeners that have begun no run of it, for people; "" if all have
	Told      string        // those of them that were registered when it was sent; "" if none was
	Unknown   bool          // some are missing, and none of them is registered by now
	Begun     bool          // whether a run of it has begun
	Running   bool          // whether some run has not ended
	Overdue   time.Duration // since the first of those must have been heard of again; negative if it is to come
	SinceSent time.Duration // since Inngest took it: see column sent_at
	Due       bool          // it was to be looked at by now
}

// decision says what to do with an event.
type decision int

const (
	leave     decision = iota // nothing, for now
	send                      // send it again
	begin                     // note that a run of it has begun
	lookLater                 // look at it again, after a while
	done                      // it has taken effect
	lost                      // done, as far as can be known: a run of it fell silent
	dead                      // no run of it begins
)

// decide returns what becomes of an event that Inngest has taken and that is in the given
// state. If the event is to be looked at again, the second result says after how long.
func decide(state State, s progress) (decision, time.Duration) {
	if s.Missing == "" && s.Begun && !s.Running {
		return done, 0
	}
	what, after := leave, time.Duration(0)
	if s.Due {
		what, after = decideDue(s)
	}
	if state == Sent && s.Begun && (what == leave || what == lookLater) {
		return begin, 0
	}
	return what, after
}

// decideDue is decide for an event that is to be looked at and has not taken effect.
func decideDue(s progress) (decision, time.Duration) {
	switch {
	case s.Told != "" && s.SinceSent > giveUp:
		return dead, 0
	case s.Unknown && s.Begun && (!s.Running || s.Overdue > giveUp) && s.SinceSent > giveUp:
		return dead, 0 // to wait longer would hold up its key, and begin anew what others have done
	case s.Missing != "" && (!s.Unknown || !s.Running):
		return send, 0
	case !s.Begun && s.SinceSent < unheard:
		return lookLater, listenAgain // one may be registered by then
	case !s.Begun:
		return done, 0
	case s.Overdue > giveUp:
		return lost, 0
	case s.Overdue >= 0 && s.Overdue < patience && s.SinceSent > giveUp-patience:
		return lookLater, patience - s.Overdue
	case s.Overdue >= 0:
		return send, 0
	}
	return lookLater, -s.Overdue
}
