package events

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		s    standing
		want verdict
	}{
		"a listener has not begun":                 {standing{Heard: true, Missing: "jobs", SinceSent: time.Minute}, send},
		"one has begun, another has not":           {standing{Heard: true, Missing: "jobs", Going: true, Overdue: -time.Minute}, send},
		"none has begun for a day":                 {standing{Heard: true, Missing: "jobs", SinceSent: day + 1}, dead},
		"all go on":                                {standing{Heard: true, Going: true, Overdue: -1, SinceSent: 3 * day}, look},
		"one is overdue":                           {standing{Heard: true, Going: true, Overdue: 0}, send},
		"one has been overdue for a day":           {standing{Heard: true, Going: true, Overdue: day + 1}, lost},
		"all have ended":                           {standing{Heard: true, SinceSent: time.Second}, done},
		"nobody listens, as far as is known yet":   {standing{SinceSent: unheard - 1}, send},
		"nobody listens":                           {standing{SinceSent: unheard}, done},
		"it began and ended, and nobody listens":   {standing{Heard: true}, done},
		"who has begun no longer listens, goes on": {standing{Heard: true, Going: true, Overdue: -1}, look},
	} {
		if got := judge(tt.s); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	for failures := range 100 {
		if d := pause(failures, dbPause); d < firstPause/2 || d >= dbPause {
			t.Errorf("after %d failures: %s", failures, d)
		}
	}
}
