package stack_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"switchyard/shared/stack"
)

// leave writes into dir what an owner that was killed would have left: a record of
// a process, with when it started.
func leave(t *testing.T, dir string, pid int, born string) {
	t.Helper()
	pids := filepath.Join(dir, "pids")
	if err := os.MkdirAll(pids, 0o700); err != nil {
		t.Fatal(err)
	}
	record := fmt.Appendf(nil, "%d %d %s\n", pid, syscall.SIGTERM, born)
	for name, text := range map[string][]byte{"server": record, "server.lock": nil} {
		if err := os.WriteFile(filepath.Join(pids, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// leftover starts a process that ends on a signal alone.
func leftover(t *testing.T, script string) (cmd *exec.Cmd, ended <-chan error, born string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), "/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	born, err := stack.ProcessBorn(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, done, born
}

func TestClean(t *testing.T) {
	t.Parallel()
	t.Run("ends what was left running", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		cmd, ended, born := leftover(t, "exec sleep 600")
		leave(t, dir, cmd.Process.Pid, born)
		if err := stack.Clean(dir); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Error("it was not killed: it ended by itself")
		}
		if got := pids(t, dir); len(got) != 0 {
			t.Errorf("still recorded: %v", got)
		}
	})
	t.Run("kills what does not stop", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		cmd, ended, born := leftover(t, "trap '' TERM; while :; do sleep 1; done")
		leave(t, dir, cmd.Process.Pid, born)
		if err := stack.Clean(dir); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Error("it was not killed: it ended by itself")
		}
	})
	t.Run("leaves a recycled process id alone", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		cmd, ended, _ := leftover(t, "exec sleep 600")
		leave(t, dir, cmd.Process.Pid, "1")
		if err := stack.Clean(dir); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			t.Errorf("a process that was not recorded ended: %v", err)
		default:
		}
	})
	t.Run("a folder that is not there", func(t *testing.T) {
		t.Parallel()
		if err := stack.Clean(filepath.Join(t.TempDir(), "none")); err != nil {
			t.Error(err)
		}
	})
}

func TestCleanAfterTheOwnerWasKilled(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	cmd, urls := startOwner(t, dir)
	keep(t, urls[0])
	if got, want := pids(t, dir), []string{"inngest", "postgres", "s3"}; !slices.Equal(got, want) {
		t.Errorf("recorded: %v, want %v", got, want)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	if err := stack.Clean(dir); err != nil {
		t.Fatal(err)
	}
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if conn, err := net.Dial("tcp", u.Host); err == nil {
			_ = conn.Close()
			t.Errorf("%s answers after Clean", u.Host)
		}
	}
	if got := pids(t, dir); len(got) != 0 {
		t.Errorf("recorded after Clean: %v", got)
	}
	if got := query(t, startPostgres(t, dir).URL, "select v from kept"); got != "here" {
		t.Errorf("the table holds %q", got)
	}
}

func TestFreePort(t *testing.T) {
	t.Parallel()
	port, err := stack.FreePort()
	if err != nil || port <= 0 || port > 65535 {
		t.Errorf("FreePort() = %d, %v", port, err)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for banner, want := range map[string]string{
		"postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n": "15",
		"  postgres (PostgreSQL) 17.5\n":                         "17",
		"postgres (PostgreSQL) 19beta2\n":                        "19",
		"sh: not found\n":                                        "",
	} {
		if got := stack.MajorVersion(banner); got != want {
			t.Errorf("MajorVersion(%q) = %q, want %q", banner, got, want)
		}
	}
	for dir, want := range map[string]int{
		"/usr/lib/postgresql/17/bin":          17,
		"/opt/homebrew/opt/postgresql@16/bin": 16,
		"/usr/pgsql-18/bin":                   18,
		"/Applications/Versions/latest/bin":   0,
		"/usr/lib/postgresql/9.6/bin":         9,
	} {
		if got := stack.VersionIn(dir); got != want {
			t.Errorf("VersionIn(%q) = %d, want %d", dir, got, want)
		}
	}
}
