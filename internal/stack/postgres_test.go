package stack_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
)

func TestPostgresKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)

	first := startPostgres(t, dir)
	url, err := first.CreateDatabase(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := first.CreateDatabase(t.Context(), "kept"); err != nil || again != url {
		t.Errorf("CreateDatabase of one that is there = %q, %v; want %q", again, err, url)
	}
	keep(t, url)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Errorf("second Stop: %v", err)
	}
	<-first.Done()
	if got := pids(t, dir); len(got) != 0 {
		t.Errorf("recorded after Stop: %v", got)
	}

	second := startPostgres(t, dir)
	if got := query(t, second.DatabaseURL("kept"), "select v from kept"); got != "here" {
		t.Errorf("after a restart the table holds %q", got)
	}
}

func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	pg := startPostgres(t, tempDir(t))
	for setting, want := range map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"max_connections":         "200",
		"fsync":                   "off",
		"server_encoding":         "UTF8",
		"password_encryption":     "scram-sha-256",
		"TimeZone":                "UTC",
	} {
		if got := query(t, pg.URL, "select current_setting('"+setting+"')"); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	open := strings.Replace(pg.URL, "@", "wrong@", 1)
	if conn, err := pgx.Connect(t.Context(), open); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a wrong password was accepted")
	}
}

func TestPostgresSideBySide(t *testing.T) {
	t.Parallel()
	a, b := startPostgres(t, tempDir(t)), startPostgres(t, tempDir(t))
	if a.URL == b.URL {
		t.Errorf("two servers have one URL: %s", a.URL)
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, b.URL, "select 'up'"); got != "up" {
		t.Error("stopping one server hurt the other")
	}
}

func TestPostgresTwiceInOneDir(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	pg := startPostgres(t, dir)
	_, err := stack.StartPostgres(t.Context(), stack.PostgresOptions{Options: stack.Options{Dir: dir}})
	if !errors.Is(err, process.ErrInUse) {
		t.Errorf("second start: %v, want ErrInUse", err)
	}
	if err := process.Clean(dir); !errors.Is(err, process.ErrInUse) {
		t.Errorf("Clean of a running server's folder: %v, want ErrInUse", err)
	}
	if got := query(t, pg.URL, "select 'up'"); got != "up" {
		t.Error("the server is down")
	}
}

func TestPostgresPortTaken(t *testing.T) {
	t.Parallel()
	first := startPostgres(t, tempDir(t))
	conn, err := pgx.ParseConfig(first.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = stack.StartPostgres(t.Context(), stack.PostgresOptions{
		Options: stack.Options{Dir: tempDir(t), Port: int(conn.Port)},
	})
	if err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("start on a port that is taken: %v; want the server's own words", err)
	}
}

func TestPostgresOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	if err := startPostgres(t, dir).Stop(); err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(dir, "postgres", "data", "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := stack.StartPostgres(t.Context(), stack.PostgresOptions{Options: stack.Options{Dir: dir}})
	if err == nil || !strings.Contains(err.Error(), "delete "+filepath.Dir(version)) {
		t.Errorf("start on the data of PostgreSQL 9: %v; want to be told what to delete", err)
	}
}

// A server that was killed itself leaves a postmaster.pid behind. Here another
// process has got the same id since: the one that runs the test.
func TestPostgresAfterAKill(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	pg := startPostgres(t, dir)
	file := filepath.Join(dir, "postgres", "data", "postmaster.pid")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-pg.Done()
	stale := strconv.Itoa(os.Getppid()) + "\n" + rest
	if err := os.WriteFile(file, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := query(t, startPostgres(t, dir).URL, "select 'up'"); got != "up" {
		t.Errorf("got %q", got)
	}
}
