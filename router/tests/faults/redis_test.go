package faults_test

import (
	"bufio"
	"net"
	"strings"
	"syscall"
	"testing"

	"switchyard/internal/stack"
)

// TestRedisKeepsItsData holds what package stack promises: what Redis has
// acknowledged outlives a kill. It is tested here because Redis is not at hand
// wherever the tests of the main module run.
func TestRedisKeepsItsData(t *testing.T) {
	t.Parallel()
	dir, remove, err := stack.TempDir()
	must(t, err)
	t.Cleanup(func() { must(t, remove()) })
	o := stack.Options{Dir: dir, Port: freePort(t)}
	first, err := stack.StartRedis(t.Context(), o)
	must(t, err)
	if got := ask(t, first, "SET kept here"); got != "+OK" {
		t.Fatalf("SET is answered %q", got)
	}
	first.Signal(syscall.SIGKILL)
	<-first.Done()
	second, err := stack.StartRedis(t.Context(), o)
	must(t, err)
	if got := ask(t, second, "STRLEN kept"); got != ":4" {
		t.Errorf("after a kill the length of the value is %q, want :4", got)
	}
	_ = second.Stop()
}

// ask returns the first line of the server's answer to a command.
func ask(t *testing.T, r *stack.Redis, command string) string {
	t.Helper()
	conn, err := net.Dial("tcp4", strings.TrimPrefix(r.URL, "redis://"))
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte(command + "\r\n"))
	must(t, err)
	answer, err := bufio.NewReader(conn).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(answer)
}
