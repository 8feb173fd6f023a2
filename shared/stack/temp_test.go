package stack_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/shared/stack"
)

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
	cmd, ended, born := leftover(t, "exec sleep 600")
	leave(t, made, cmd.Process.Pid, born)
	dir := strings.Replace(made, "switchyard-made-", "switchyard-test-", 1)
	if err := os.Rename(made, dir); err != nil {
		t.Fatal(err)
	}

	mine, theirs := tempDir(t), tempDir(t) // the second one must spare the first
	if err := <-ended; err == nil {
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
		if err := stack.Discard(dir); err != nil {
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
