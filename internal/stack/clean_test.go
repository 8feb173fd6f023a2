package stack_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
)

func TestCleanAfterTheOwnerWasKilled(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	cmd, urls := startOwner(t, dir)
	keep(t, urls[0])
	if got, want := pids(t, dir), []string{"inngest", "postgres", "s3"}; !slices.Equal(got, want) {
		t.Errorf("recorded: %v, want %v", got, want)
	}
	running := commandLines(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	if err := process.Clean(dir); err != nil {
		t.Fatal(err)
	}
	for pid, line := range running {
		// Not their ports: another test's server may listen there by now.
		if process.CommandLine(pid) == line {
			t.Errorf("process %d runs after Clean: %s", pid, line)
		}
	}
	if got := pids(t, dir); len(got) != 0 {
		t.Errorf("recorded after Clean: %v", got)
	}
	if got := query(t, startPostgres(t, dir).URL, "select v from kept"); got != "here" {
		t.Errorf("the table holds %q", got)
	}
}

// commandLines returns the command line of each recorded process of dir, by its id.
func commandLines(t *testing.T, dir string) map[int]string {
	t.Helper()
	lines := map[int]string{}
	for _, name := range pids(t, dir) {
		record, err := os.ReadFile(filepath.Join(dir, "pids", name))
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(string(record), " ")
		pid, err := strconv.Atoi(id)
		if err != nil {
			t.Fatal(err)
		}
		if lines[pid] = process.CommandLine(pid); lines[pid] == "" {
			t.Errorf("%s does not run as process %d", name, pid)
		}
	}
	return lines
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
