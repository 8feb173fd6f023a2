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

// standing is what is known of an event that Inngest has taken.
type standing struct {
	Missing   string        // the listeners that have begun no run of it, for people; "" if all have
	Heard     bool          // whether it has a listener, or a run
	Going     bool          // whether some run has not ended
	Due       time.Time     // when the first of those must have been heard of again
	Overdue   time.Duration // for how long that is past; negative if it is to come
	SinceSent time.Duration // since Inngest first took it
}

// verdict is what to do with an event.
type verdict int

const (
	send verdict = iota // send it, perhaps again
	look                // look at it again when its standing says
	done                // it has taken effect
	lost                // done, as far as can be known: a run of it fell silent
	dead                // no run of it begins
)

// judge decides what becomes of an event that Inngest has taken.
func judge(s standing) verdict {
	switch {
	case s.Missing != "" && s.SinceSent > giveUp:
		return dead
	case s.Missing != "":
		return send
	case !s.Heard && s.SinceSent < unheard:
		return send // for the listener that may be registered by now
	case !s.Going:
		return done
	case s.Overdue > giveUp:
		return lost
	case s.Overdue >= 0:
		return send
	}
	return look
}
