package dev

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

var errParentGone = errors.New("the `go run` that started this is gone")

// startedByGo reports whether the parent of this process is the go command.
func startedByGo(ctx context.Context) bool { return processName(ctx, os.Getppid()) == "go" }

// withGoRun returns a context that also ends when the `go run` that started this
// process is gone: SIGTERM to `go run` ends only `go` itself and leaves its child
// behind.
func withGoRun(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if parent := os.Getppid(); startedByGo(ctx) {
		go watchParent(ctx, cancel, func() bool { return os.Getppid() == parent }, time.Second/4)
	}
	return ctx, func() { cancel(context.Canceled) }
}

// watchParent calls cancel once alive says no, unless ctx ends first.
func watchParent(ctx context.Context, cancel context.CancelCauseFunc, alive func() bool, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for alive() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	cancel(errParentGone)
}

// processName returns the name of the process's program, or "" if unknown.
func processName(ctx context.Context, pid int) string {
	name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
	if err != nil {
		name, err = exec.CommandContext(ctx, "ps", "-o", "comm=", "-p", strconv.Itoa(pid)).Output()
	}
	if err != nil || len(bytes.TrimSpace(name)) == 0 {
		return ""
	}
	return filepath.Base(string(bytes.TrimSpace(name)))
}
