package dev

import (
	"testing"
	"time"
)

func TestSupervisor(t *testing.T) {
	t.Parallel()
	var s supervisor
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	judge := func(after time.Duration, stuck bool, want verdict, why string) {
		t.Helper()
		now = now.Add(after)
		if got := s.judge(now, stuck); got != want {
			t.Errorf("%s: verdict %d, want %d", why, got, want)
		}
	}
	judge(0, false, leave, "it works")
	judge(time.Hour, true, leave, "it is stuck for the first time")
	judge(patience/2, false, leave, "it works again")
	judge(patience, true, leave, "it is stuck anew")
	judge(patience, true, replace, "it stays so")
	judge(time.Second, true, leave, "the next one has just begun")
	judge(patience, true, leave, "the one before may not have ended")
	judge(settling, true, hold, "the next one is stuck within a minute")
	judge(time.Second, true, leave, "that has been said")
	judge(rest.First, true, empty, "the next one has never worked")
	judge(patience, false, leave, "the one after it works")
	judge(2*rest.First, true, leave, "it is stuck later")
	judge(patience, true, replace, "it has worked before")
	if s.times != 3 || s.pause < rest.First {
		t.Errorf("after 3 replacements within the hour: %d counted, the next after %s", s.times, s.pause)
	}
	judge(2*forgetting, false, leave, "it works for long")
	judge(time.Second, true, leave, "it is stuck again")
	judge(patience, true, replace, "it stays so again")
	if s.times != 1 || s.pause < time.Minute {
		t.Errorf("after a replacement long ago: %d counted, the next after %s", s.times, s.pause)
	}
}
