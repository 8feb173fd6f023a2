package stack_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
)

// leave starts a process and puts into dir what its owner would have left there if
// it had been killed.
func leave(t *testing.T, dir string) *process.Process {
	t.Helper()
	owned := t.TempDir()
	claim, err := process.Take(owned, "server")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sleep", "600")
	p, err := process.Start(process.Command{Cmd: cmd, Claim: claim})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	if err := os.CopyFS(dir, os.DirFS(owned)); err != nil {
		t.Fatal(err)
	}
	return p
}

// What a killed run left is removed by the next one, and what still runs in it
// ended.
func TestTempDirSweeps(t *testing.T) {
	t.Parallel()
	made, err := os.MkdirTemp("", "switchyard-made-") // complete before anybody can sweep it
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(made, "owner.lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	left := leave(t, made)
	dir := strings.Replace(made, "switchyard-made-", "switchyard-test-", 1)
	if err := os.Rename(made, dir); err != nil {
		t.Fatal(err)
	}

	mine, theirs := tempDir(t), tempDir(t) // the second one must spare the first
	if <-left.Done(); left.Err() == nil {
		t.Error("it was not killed: it ended by itself")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
	for _, dir := range []string{mine, theirs} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
}

// Nobody but us may enter a folder of t.TempDir: for root, whose PostgreSQL runs as
// somebody else, the data goes to a stand-in.
func TestPostgresWhereOthersMayNotGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Discard(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	first := startPostgres(t, dir)
	keep(t, first.URL)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := startPostgres(t, dir)
	if got := query(t, second.URL, "select v from kept"); got != "here" {
		t.Errorf("after a restart the table holds %q", got)
	}
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}

	// Starting anew means deleting dir, wherever the data is.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	third := startPostgres(t, dir)
	if got := query(t, third.URL, "select count(*)::text from pg_tables where tablename = 'kept'"); got != "0" {
		t.Error("the data outlived its folder")
	}
	if err := third.Stop(); err != nil {
		t.Fatal(err)
	}

	// Nothing stays of a temporary folder that is gone.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	tempDir(t)
	if _, err := os.Stat(stack.StandIn(dir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", stack.StandIn(dir), err)
	}
}

func TestPostgresWithoutItsPassword(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	if err := startPostgres(t, dir).Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "postgres.password")); err != nil {
		t.Fatal(err)
	}
	_, err := stack.StartPostgres(t.Context(), stack.PostgresOptions{Options: stack.Options{Dir: dir}})
	if err == nil {
		t.Error("it started")
	}
}
