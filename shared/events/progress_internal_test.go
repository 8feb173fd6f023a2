package events

import (
	"testing"
	"time"
)

const day = 24 * time.Hour

func TestDecide(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		state State
		s     progress
		want  decision
		after time.Duration // of lookLater
	}{
		"a listener has not begun":                  {Sent, progress{Missing: "jobs", SinceSent: time.Minute, Due: true}, send, 0},
		"it has only just been sent":                {Sent, progress{Missing: "jobs", SinceSent: time.Second}, leave, 0},
		"one begins, another has not":               {Sent, progress{Begun: true, Missing: "jobs", Running: true, Overdue: -time.Minute}, begin, 0},
		"one has begun, another has not":            {Begun, progress{Begun: true, Missing: "jobs", Running: true, Overdue: -time.Minute, Due: true}, send, 0},
		"one has ended, another has not begun":      {Begun, progress{Begun: true, Missing: "jobs", Due: true}, send, 0},
		"none has begun for a day":                  {Sent, progress{Missing: "jobs", Told: "jobs", SinceSent: day + 1, Due: true}, dead, 0},
		"one has listened for less than a day":      {Begun, progress{Begun: true, Missing: "jobs", Running: true, SinceSent: 3 * day, Due: true}, send, 0},
		"who has not begun is not registered":       {Sent, progress{Missing: "jobs", Unknown: true, SinceSent: 3 * day, Due: true}, send, 0},
		"nor is it, while another goes on":          {Begun, progress{Begun: true, Missing: "jobs", Unknown: true, Running: true, Overdue: -1, SinceSent: 3 * day, Due: true}, lookLater, 1},
		"others have ended since":                   {Begun, progress{Begun: true, Missing: "jobs", Unknown: true, SinceSent: day, Due: true}, send, 0},
		"others have ended, and a day is over":      {Begun, progress{Begun: true, Missing: "jobs", Unknown: true, SinceSent: day + 1, Due: true}, dead, 0},
		"others have fallen silent for a day":       {Begun, progress{Begun: true, Missing: "jobs", Unknown: true, Running: true, Overdue: day + 1, SinceSent: 3 * day, Due: true}, dead, 0},
		"it has begun within the first look":        {Sent, progress{Begun: true, Running: true}, begin, 0},
		"it has ended within the first look":        {Sent, progress{Begun: true}, done, 0},
		"all go on":                                 {Begun, progress{Begun: true, Running: true, Overdue: -1, SinceSent: 3 * day, Due: true}, lookLater, 1},
		"one is overdue":                            {Begun, progress{Begun: true, Running: true, Overdue: 0, Due: true}, send, 0},
		"one is late that Inngest would begin anew": {Begun, progress{Begun: true, Running: true, Overdue: time.Hour, SinceSent: 3 * day, Due: true}, lookLater, 2 * time.Hour},
		"one is so late that Inngest has lost it":   {Begun, progress{Begun: true, Running: true, Overdue: 3 * time.Hour, SinceSent: 3 * day, Due: true}, send, 0},
		"one has been overdue for a day":            {Begun, progress{Begun: true, Running: true, Overdue: day + 1, Due: true}, lost, 0},
		"all have ended":                            {Begun, progress{Begun: true, SinceSent: time.Second, Due: true}, done, 0},
		"nobody listens, as far as is known yet":    {Begun, progress{SinceSent: unheard - 1, Due: true}, lookLater, listenAgain},
		"nobody listens":                            {Begun, progress{SinceSent: unheard, Due: true}, done, 0},
		"nobody listens any more":                   {Sent, progress{SinceSent: unheard, Due: true}, done, 0},
		"who has begun no longer listens, goes on":  {Begun, progress{Begun: true, Running: true, Overdue: -1, Due: true}, lookLater, 1},
	} {
		if got, after := decide(tt.state, tt.s); got != tt.want || after != tt.after {
			t.Errorf("%s: got %d after %s, want %d after %s", name, got, after, tt.want, tt.after)
		}
	}
}
