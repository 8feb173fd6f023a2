package dev_test

import (
	"context"
	"errors"
	"os"
	"testing"

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
