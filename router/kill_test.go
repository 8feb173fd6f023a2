package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// startProcess serves in a process of its own, which kill ends without warning.
// The binary is a router, or this test binary, which can be one.
func startProcess(t *testing.T, binary string, env []string) (d *desk, kill func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d = &desk{t: t, env: env, log: &buffer{}}
	cmd := exec.CommandContext(ctx, binary, "serve")
	cmd.Env = append(append(os.Environ(), env...), asRouter+"=1")
	cmd.Stdout, cmd.Stderr = d.log, d.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		cancel() // SIGKILL
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	eventually(t, "the router listens", func() bool {
		d.url = d.log.address()
		return d.url != ""
	})
	return d, kill
}

// TestKilledRouter kills the router while it processes files, each time at
// another moment, and expects every one of them to be finished by the next.
func TestKilledRouter(t *testing.T) {
	t.Parallel()
	env := environment(t, startInngest(t))
	photo := jpegPhoto(t, 1500, 1000)
	var sent []file
	var cookie string
	for i := range 4 {
		d, kill := startProcess(t, os.Args[0], env)
		if d.cookie = cookie; cookie == "" {
			d = d.signUp()
			cookie = d.cookie
		}
		sent = append(sent, d.upload("photo.jpg", "image/jpeg", photo))
		time.Sleep(time.Duration(i) * 150 * time.Millisecond) // the moment of the crash is what varies
		kill()
	}
	d, _ := startProcess(t, os.Args[0], env)
	d.cookie = cookie // the session has survived as well
	for _, f := range sent {
		if got := d.settled(f.ID); got.Status != "ready" || !got.Thumbnail {
			t.Errorf("after the crashes: %+v", got)
		}
	}
}
