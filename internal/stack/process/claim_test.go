package process_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/internal/stack/process"
)

// files returns the names of what is recorded and locked in dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "pids", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// leave starts a process and puts into dir what its owner would have left there if
// it had been killed.
func leave(t *testing.T, dir, script string) *process.Process {
	t.Helper()
	owned := t.TempDir()
	claim, err := process.Take(owned, "server")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, process.Command{Cmd: shell(t, "echo ready;"+script), Claim: claim})
	said(t, p, "ready")
	if err := os.CopyFS(dir, os.DirFS(owned)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestClean(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"ends what was left running": "exec sleep 600",
		"kills what does not stop":   "trap '' TERM; echo deaf; while :; do sleep 1; done",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := leave(t, dir, script)
			if strings.Contains(script, "deaf") {
				said(t, p, "deaf")
			}
			if err := process.Clean(dir); err != nil {
				t.Fatal(err)
			}
			if <-p.Done(); p.Err() == nil {
				t.Error("it was not killed: it ended by itself")
			}
			if got := files(t, dir); len(got) != 0 {
				t.Errorf("left: %v", got)
			}
		})
	}
}

func TestCleanLeavesARecycledIDAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := leave(t, dir, "exec sleep 600")
	record := filepath.Join(dir, "pids", "server")
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	fields[2] = "1" // when another process with its id started
	if err := os.WriteFile(record, []byte(strings.Join(fields, " ")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := process.Clean(dir); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
		t.Errorf("a process that was not recorded ended: %v", p.Err())
	default:
	}
}

func TestCleanOfNothing(t *testing.T) {
	t.Parallel()
	if err := process.Clean(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
}

func TestTake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	claim, err := process.Take(dir, "server")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := process.Take(dir, "server"); !errors.Is(err, process.ErrInUse) {
		t.Errorf("a second claim: %v, want ErrInUse", err)
	}
	if err := process.Clean(dir); !errors.Is(err, process.ErrInUse) {
		t.Errorf("Clean: %v, want ErrInUse", err)
	}
	claim.Release()
	next, err := process.Take(dir, "server")
	if err != nil {
		t.Fatal(err)
	}
	claim.Release() // again, which must not take it from the next
	if _, err := process.Take(dir, "server"); !errors.Is(err, process.ErrInUse) {
		t.Errorf("a claim beside the next: %v, want ErrInUse", err)
	}
	next.Release()
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
}
