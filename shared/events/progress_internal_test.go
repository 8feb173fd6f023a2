package events

import (
	"testing"
	"time"
)

const day = 24 * time.Hour

func TestDecide(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		s     progress
		slow  time.Duration
		want  decision
		after time.Duration // of look
	}{
		"a listener has not begun":                 {progress{Known: true, Missing: "jobs", SinceSent: time.Minute}, 0, send, 0},
		"one has begun, another has not":           {progress{Known: true, Missing: "jobs", Running: true, Overdue: -time.Minute}, 0, send, 0},
		"none has begun, and Inngest is slow":      {progress{Known: true, Missing: "jobs", SinceSent: time.Minute}, time.Hour, lookLater, 59 * time.Minute},
		"none has begun for longer than it takes":  {progress{Known: true, Missing: "jobs", SinceSent: time.Hour}, time.Hour, send, 0},
		"none has begun for a day":                 {progress{Known: true, Missing: "jobs", SinceSent: day + 1}, time.Hour, dead, 0},
		"all go on":                                {progress{Known: true, Running: true, Overdue: -1, SinceSent: 3 * day}, 0, lookLater, 1},
		"one is overdue":                           {progress{Known: true, Running: true, Overdue: 0}, 0, send, 0},
		"one is overdue, and Inngest is slow":      {progress{Known: true, Running: true, Overdue: time.Second}, time.Minute, lookLater, 59 * time.Second},
		"one has been overdue for a day":           {progress{Known: true, Running: true, Overdue: day + 1}, time.Hour, lost, 0},
		"all have ended":                           {progress{Known: true, SinceSent: time.Second}, time.Hour, done, 0},
		"nobody listens, as far as is known yet":   {progress{SinceSent: unheard - 1}, 0, send, 0},
		"nobody listens":                           {progress{SinceSent: unheard}, 0, done, 0},
		"it began and ended, and nobody listens":   {progress{Known: true}, 0, done, 0},
		"who has begun no longer listens, goes on": {progress{Known: true, Running: true, Overdue: -1}, 0, lookLater, 1},
	} {
		if got, after := decide(tt.s, tt.slow); got != tt.want || after != tt.after {
			t.Errorf("%s: got %d after %s, want %d after %s", name, got, after, tt.want, tt.after)
		}
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	p := pace{}
	for _, delay := range []time.Duration{time.Minute, 0, time.Second} {
		p.learn("a", progress{Delay: delay})
	}
	p.learn("b", progress{Delay: day})
	slow := func(name string) time.Duration { return p.slow(name, 50*time.Second) }
	if a, b, c := slow("a"), slow("b"), slow("c"); a != 2*time.Minute || b != maxResend || c != 0 {
		t.Errorf("slow: %s, %s, %s", a, b, c)
	}
	p.forget()
	if a := slow("a"); a != time.Minute {
		t.Errorf("after a while: %s", a)
	}
	p.forget()
	if a := slow("a"); a != 0 {
		t.Errorf("when it is waited for longer anyway: %s", a)
	}
	for range 20 {
		p.forget()
	}
	if len(p) != 0 {
		t.Errorf("it still remembers %v", p)
	}
}
