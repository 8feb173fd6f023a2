package routertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

// StartProcess serves in a process of its own, which kill ends without warning. The binary
// is a router; "" is the test's own, which is one of the program that [Main] was given.
func StartProcess(t testing.TB, binary string, env []string) (r *Router, kill func()) {
	t.Helper()
	if binary == "" {
		binary = os.Args[0]
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r = &Router{T: t, Env: env, Log: &Output{}}
	cmd := exec.CommandContext(ctx, binary, "serve")
	cmd.Env = append(append(os.Environ(), env...), asRouter+"=1") //nolint:forbidigo // the process gets this one's
	cmd.Stdout, cmd.Stderr = r.Log, r.Log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		cancel() // SIGKILL
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	r.listens()
	return r, kill
}
