package process_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"switchyard/internal/stack/process"
)

func shell(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(context.WithoutCancel(t.Context()), "/bin/sh", "-c", script)
}

func start(t *testing.T, c process.Command) *process.Process {
	t.Helper()
	p, err := process.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

// said waits until p has printed text.
func said(t *testing.T, p *process.Process, text string) {
	t.Helper()
	err := p.Until(t.Context(), func(context.Context) error {
		if !strings.Contains(p.Tail(), text) {
			return errors.New("has not said " + text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := start(t, process.Command{
		Cmd: shell(t, "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 1; done"), Log: &log,
	})
	said(t, p, "ready")
	if err := p.Err(); err != nil {
		t.Errorf("before the end: %v", err)
	}
	for range 2 {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}
	<-p.Done()
	if !strings.HasSuffix(p.Tail(), "bye") || strings.TrimSpace(log.String()) != p.Tail() {
		t.Errorf("it said %q, and the log holds %q", p.Tail(), log.String())
	}
	if exit, ok := errors.AsType[*exec.ExitError](p.Err()); !ok || exit.ExitCode() != 3 {
		t.Errorf("it ended with %v", p.Err())
	}
}

func TestStopKills(t *testing.T) {
	t.Parallel()
	p := start(t, process.Command{
		Label: "the deaf one", Grace: time.Millisecond,
		Cmd: shell(t, "trap '' TERM; echo ready; while :; do sleep 1; done"),
	})
	said(t, p, "ready")
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "the deaf one did not stop") {
		t.Errorf("Stop() = %v", err)
	}
}

func TestUntilItEnds(t *testing.T) {
	t.Parallel()
	p := start(t, process.Command{Cmd: shell(t, "exit 4")})
	err := p.Until(t.Context(), func(context.Context) error { return errors.New("not yet") })
	if err == nil || !strings.Contains(err.Error(), "exit status 4") {
		t.Errorf("Until() = %v", err)
	}
}

func TestStartOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 { // the claim has been released
		claim, err := process.Take(dir, "server")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := process.Start(process.Command{Cmd: exec.CommandContext(t.Context(), "/nowhere"), Claim: claim}); err == nil {
			t.Error("it started")
		}
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	out, err := process.Run(t.Context(), process.Command{Cmd: shell(t, "echo one; echo two >&2; exit 3")})
	if out != "one\ntwo" || err == nil {
		t.Errorf("got %q, %v; want both lines and an error", out, err)
	}
}

func TestRunIsCalledOff(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := shell(t, "sleep 600 & wait")
	ended := make(chan error, 1)
	go func() {
		_, err := process.Run(ctx, process.Command{Cmd: cmd})
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
