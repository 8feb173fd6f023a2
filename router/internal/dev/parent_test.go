package dev_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"switchyard/router/internal/dev"
)

func TestProcessName(t *testing.T) {
	t.Parallel()
	if got := dev.ProcessName(t.Context(), os.Getpid()); got == "" || got == "go" {
		t.Errorf("this process is called %q, want the test's name", got)
	}
	if got := dev.ProcessName(t.Context(), 1<<30); got != "" {
		t.Errorf("a process that does not exist is called %q", got)
	}
}

func TestParentGone(t *testing.T) {
	t.Parallel()
	ctx := dev.WatchParent(t.Context(), func() bool { return false })
	<-ctx.Done()
	if got := context.Cause(ctx); !errors.Is(got, dev.ErrParentGone) {
		t.Errorf("ended because of %v", got)
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	var l dev.Limiter
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Duration(0)
	for i := range 5 {
		pause, again := l.Next(now)
		if !again || pause <= last {
			t.Fatalf("end %d: pause %s, %v; want a longer one than %s", i, pause, again, last)
		}
		last = pause
	}
	if _, again := l.Next(now); again {
		t.Error("started again after too many ends")
	}
	if _, again := l.Next(now.Add(2 * time.Minute)); !again {
		t.Error("not started again long after")
	}
}
