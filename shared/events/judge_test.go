package events_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/events"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	const s, m, h = time.Second, time.Minute, time.Hour
	run := func(function string, ended bool, dueIn time.Duration) events.Handled {
		return events.Handled{Function: function, Ended: ended, DueIn: dueIn}
	}
	f, fg := []string{"f"}, []string{"f", "g"}
	type runs = []events.Handled
	for name, tt := range map[string]struct {
		handling events.Handling
		want     events.Verdict
	}{
		"all have ended": {
			events.Handling{Sends: 1, FirstSent: m, Sent: m, Listeners: fg, Runs: runs{run("f", true, -s), run("g", true, -s)}},
			events.Verdict{Action: "finish"},
		},
		"nobody listens any more": {
			events.Handling{Sends: 1, FirstSent: m, Sent: m},
			events.Verdict{Action: "finish"},
		},
		"one goes on": {
			events.Handling{Sends: 1, FirstSent: m, Sent: m, Listeners: fg, Runs: runs{run("f", true, -s), run("g", false, 5*m)}},
			events.Verdict{Action: "look", In: 5 * m},
		},
		"one that nobody asked for goes on": {
			events.Handling{Sends: 1, FirstSent: m, Sent: m, Listeners: f, Runs: runs{run("f", true, -s), run("x", false, 5*m)}},
			events.Verdict{Action: "look", In: 5 * m},
		},
		"the soonest of two": {
			events.Handling{Sends: 1, FirstSent: m, Sent: m, Listeners: fg, Runs: runs{run("f", false, 5*m), run("g", false, 4*m)}},
			events.Verdict{Action: "look", In: 4 * m},
		},
		"it sleeps for days: its end is seen all the same": {
			events.Handling{Sends: 1, FirstSent: m, Sent: m, Listeners: f, Runs: runs{run("f", false, 100*h)}},
			events.Verdict{Action: "look", In: h},
		},
		"others wait for it": {
			events.Handling{Keyed: true, Sends: 1, FirstSent: m, Sent: 7 * s, Listeners: f, Runs: runs{run("f", false, 5*m)}},
			events.Verdict{Action: "look", In: 7 * s},
		},
		"others wait for it, just sent": {
			events.Handling{Keyed: true, Sends: 1, Listeners: f},
			events.Verdict{Action: "look", In: s},
		},
		"not begun yet": {
			events.Handling{Sends: 1, FirstSent: 10 * s, Sent: 10 * s, Listeners: f},
			events.Verdict{Action: "look", In: 20 * s},
		},
		"not begun in time": {
			events.Handling{Sends: 1, FirstSent: 30 * s, Sent: 30 * s, Listeners: f},
			events.Verdict{Action: "resend"},
		},
		"one of two not begun in time": {
			events.Handling{Sends: 1, FirstSent: 30 * s, Sent: 30 * s, Listeners: fg, Runs: runs{run("g", false, m)}},
			events.Verdict{Action: "resend"},
		},
		"not begun, sent three times": {
			events.Handling{Sends: 3, FirstSent: 5 * m, Sent: 90 * s, Listeners: f},
			events.Verdict{Action: "look", In: 30 * s},
		},
		"not begun, sent very often": {
			events.Handling{Sends: 90, FirstSent: 5 * h, Sent: 30 * m, Listeners: f},
			events.Verdict{Action: "look", In: 30 * m},
		},
		"not begun in a day": {
			events.Handling{Sends: 30, FirstSent: 24 * h, Sent: m, Listeners: fg, Runs: runs{run("g", true, -s)}},
			events.Verdict{Action: "bury", Why: "no run of f has begun in 24h0m0s"},
		},
		"overdue": {
			events.Handling{Sends: 1, FirstSent: h, Sent: h, Listeners: f, Runs: runs{run("f", false, -s)}},
			events.Verdict{Action: "resend"},
		},
		"overdue, sent just now": {
			events.Handling{Sends: 2, FirstSent: h, Sent: 30 * s, Listeners: f, Runs: runs{run("f", false, -s)}},
			events.Verdict{Action: "look", In: 30 * s},
		},
		"overdue for a day": {
			events.Handling{Sends: 9, FirstSent: 30 * h, Sent: h, Listeners: f, Runs: runs{run("f", false, -24*h)}},
			events.Verdict{Action: "finish", Why: "not heard of for 24h0m0s: f"},
		},
		"one overdue for a day, one goes on": {
			events.Handling{Sends: 9, FirstSent: 30 * h, Sent: h, Listeners: fg, Runs: runs{run("f", false, -24*h), run("g", false, m)}},
			events.Verdict{Action: "look", In: m},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, events.Judge(tt.handling, 30*s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
