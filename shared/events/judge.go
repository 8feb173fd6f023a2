package events

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The measures of waiting for runs.
const (
	giveUpAfter = 24 * time.Hour // for which Inngest knows an event's id
	longResend  = time.Hour
	shortLook   = time.Second
	longLook    = time.Hour // far less than a run is remembered for
)

// handling is how it stands with an event that Inngest has taken.
type handling struct {
	keyed           bool
	sends           int // how often Inngest has taken it
	firstSent, sent time.Time
	listeners       []string // the functions that begin a run for it
	runs            []handled
}

// handled is a run that handles the event, or did.
type handled struct {
	function string
	ended    bool
	due      time.Time // when it will have been heard of again
}

// verdict is what becomes of the event.
type verdict struct {
	action action
	at     time.Time // of look
	why    string    // of bury; of finish, what was lost
}

type action int

const (
	finish action = iota // its runs have ended
	look                 // again, at a time
	resend               // Inngest may have lost it
	bury                 // nothing more can be done
)

// judge says what becomes of the event at the time now, if it is sent again no
// sooner than every has passed, and twice that after each further time.
func judge(h handling, every time.Duration, now time.Time) verdict {
	missing := slices.DeleteFunc(slices.Clone(h.listeners), func(f string) bool {
		return slices.ContainsFunc(h.runs, func(r handled) bool { return r.function == f })
	})
	next := h.sent.Add(interval(every, h.sends))
	if len(missing) > 0 {
		if now.Sub(h.firstSent) >= giveUpAfter {
			return verdict{action: bury, why: fmt.Sprintf("no run of %s has begun in %s", strings.Join(missing, ", "), giveUpAfter)}
		}
		return h.later(now, next)
	}
	var lost []string
	goesOn, overdue := time.Time{}, false
	for _, r := range h.runs {
		switch {
		case r.ended:
		case now.Sub(r.due) >= giveUpAfter:
			lost = append(lost, r.function)
		case !r.due.After(now):
			overdue = true
		case goesOn.IsZero() || r.due.Before(goesOn):
			goesOn = r.due
		}
	}
	switch {
	case overdue:
		return h.later(now, next)
	case !goesOn.IsZero():
		return verdict{action: look, at: h.soon(now, goesOn)}
	case len(lost) > 0:
		return verdict{action: finish, why: "not heard of for " + giveUpAfter.String() + ": " + strings.Join(lost, ", ")}
	}
	return verdict{action: finish}
}

// later sends the event again, or looks again when that is due.
func (h handling) later(now, next time.Time) verdict {
	if !now.Before(next) {
		return verdict{action: resend}
	}
	return verdict{action: look, at: h.soon(now, next)}
}

// soon returns when to look again before or at the time at. Others wait for an event
// with a key, and word that its run has ended may have been missed: it is looked at
// when it is twice as old.
func (h handling) soon(now, at time.Time) time.Time {
	most := longLook
	if h.keyed {
		most = min(most, now.Sub(h.sent))
	}
	if limit := now.Add(max(most, shortLook)); at.After(limit) {
		return limit
	}
	return at
}

// interval returns how long to wait before an event that was sent n times is sent
// again.
func interval(every time.Duration, n int) time.Duration {
	if n > 20 {
		return longResend
	}
	return min(every<<max(n-1, 0), longResend)
}
