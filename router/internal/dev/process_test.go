package dev_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"switchyard/router/internal/dev"
)

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func TestCommand(t *testing.T) {
	t.Parallel()
	out, err := dev.Command(t.Context(), t.TempDir(), os.Environ(), "sh", "-c", "echo one; echo two >&2; exit 3")
	if out != "one\ntwo" || err == nil {
		t.Errorf("got %q, %v; want both lines and an error", out, err)
	}
}

func TestCommandIsCalledOff(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := dev.Command(ctx, t.TempDir(), os.Environ(), "sh", "-c", "sleep 600 & wait")
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

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
