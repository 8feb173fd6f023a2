package stack_test

import (
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"switchyard/internal/stack"
)

// TestFreePort has one call's port given to no other one, whether its server runs or not.
func TestFreePort(t *testing.T) {
	t.Parallel()
	port, err := stack.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	if stack.Reserve(port) == nil {
		t.Errorf("port %d is given twice", port)
	}
	for range 2 { // a server that is stopped and comes back
		l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			t.Fatalf("whoever was given port %d cannot listen there: %v", port, err)
		}
		if another, err := net.Listen("tcp4", l.Addr().String()); err == nil {
			_ = another.Close()
			t.Errorf("two listen at port %d", port)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if stack.Reserve(port) == nil {
			t.Errorf("port %d is given away while its server is stopped", port)
		}
	}
}

// TestFreePortOfAnother has two processes be given different ports.
func TestFreePortOfAnother(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux knows of the ports that another process has reserved")
	}
	port, err := stack.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), testBinary(t))
	cmd.Env = append(cmd.Environ(), reserveVar+"="+strconv.Itoa(port))
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("another process was given port %d too\n%s", port, out)
	}
}
