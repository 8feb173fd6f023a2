package stack_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/stack"
)

// ownerVar names the folder in which a copy of this test binary runs servers until
// it is killed.
const ownerVar = "SWITCHYARD_STACK_TEST_OWNER"

// reserveVar has a copy of this test binary reserve that port, and end with the status 1 if it cannot.
const reserveVar = "SWITCHYARD_STACK_TEST_RESERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerVar); dir != "" {
		owner(dir)
	}
	if port, err := strconv.Atoi(os.Getenv(reserveVar)); err == nil {
		if stack.Reserve(port) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// owner starts the servers in dir, prints their URLs and waits to be killed.
func owner(dir string) {
	ctx, o := context.Background(), stack.Options{Dir: dir}
	pg, err1 := stack.StartPostgres(ctx, stack.PostgresOptions{Options: o})
	s3, err2 := stack.StartS3(ctx, o)
	in, err3 := stack.StartInngest(ctx, o)
	if err := errors.Join(err1, err2, err3); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(pg.URL, s3.Endpoint, in.URL)
	<-pg.Done()
	os.Exit(1)
}

// testBinary returns the path of this test binary.
func testBinary(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// startOwner runs owner in dir, in a process of its own, and returns the URLs of
// PostgreSQL, the S3 server and Inngest.
func startOwner(t *testing.T, dir string) (*exec.Cmd, []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testBinary(t))
	cmd.Env = append(os.Environ(), ownerVar+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	urls, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the owner of the servers did not start them: %v", err)
	}
	return cmd, strings.Fields(urls)
}

// tempDir returns a Dir, removed after the test with all that runs in it.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, remove, err := stack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Errorf("remove %s: %v", dir, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", dir, err)
		}
	})
	return dir
}

// progressOf passes on what takes long.
func progressOf(t *testing.T) func(string) {
	t.Helper()
	return func(line string) { t.Log(line) }
}

// logOf passes a server's output on to the test.
func logOf(t *testing.T) *testLog {
	t.Helper()
	return &testLog{t}
}

type testLog struct{ t *testing.T }

func (l *testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimRight(string(b), "\n"))
	return len(b), nil
}

func startPostgres(t *testing.T, dir string) *stack.Postgres {
	t.Helper()
	pg, err := stack.StartPostgres(t.Context(), stack.PostgresOptions{Options: stack.Options{Dir: dir, Log: logOf(t)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	return pg
}

// query returns the one text that sql selects.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var text string
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// keep writes a table whose text kept finds again.
func keep(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "create table kept as select 'here'::text as v"); err != nil {
		t.Fatal(err)
	}
}

// pids returns the names of the recorded processes of dir.
func pids(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "pids", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if !strings.HasSuffix(f, ".lock") {
			names = append(names, filepath.Base(f))
		}
	}
	return names
}
