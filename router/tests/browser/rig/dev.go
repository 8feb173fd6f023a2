package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// StartDev runs the product as the README says, on a free port and with a state
// of its own, and returns the page's address. env is added to the environment.
func StartDev(t *testing.T, env ...string) string {
	t.Helper()
	return Start(t, env...).App
}

// Dev is the product as `router dev` runs it.
type Dev struct {
	App string // the page's address

	state     string // the folder
	addresses addresses
}

// addresses is what dev.json says.
type addresses struct {
	App         string
	DatabaseURL string `json:"database_url"`
	Bucket      struct {
		Endpoint, Name, Region string
		AccessKeyID            string `json:"access_key_id"`
		SecretAccessKey        string `json:"secret_access_key"`
	}
	Inngest  string
	EventKey string `json:"event_key"`
}

// Start is StartDev, for tests that do more with it.
func Start(t *testing.T, env ...string) *Dev {
	t.Helper()
	d := &Dev{state: filepath.Join(t.TempDir(), "state")}
	var out bytes.Buffer
	cmd := exec.CommandContext(context.Background(), "go", "run", "./router", "dev", "--port", "0", "--state", d.state, "--no-watch")
	cmd.Dir, cmd.Env = root(t), append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = nil
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; t.Failed() {
			t.Logf("dev ended: %v\n%s", err, out.String())
		}
	})
	for deadline := time.Now().Add(15 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(d.state, "dev.json"))
		if err == nil && json.Unmarshal(b, &d.addresses) == nil {
			d.App = d.addresses.App
			return d
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("dev ended: %v\n%s", err, out.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("dev does not become ready:\n%s", out.String())
		}
	}
}

// KillApp ends the router that dev runs, without warning. Dev starts it again.
func (d *Dev) KillApp(t *testing.T) {
	t.Helper()
	records, err := filepath.Glob(filepath.Join(d.state, "pids", "app-*[0-9]"))
	if err != nil || len(records) == 0 {
		t.Fatalf("no router runs: %v", err)
	}
	signalFirst(t, records[0], syscall.SIGKILL)
}

// StopDatabase ends PostgreSQL, and with it all connections. Dev starts it again.
func (d *Dev) StopDatabase(t *testing.T) {
	t.Helper()
	pid := signalFirst(t, filepath.Join(d.state, "pids", "postgres"), syscall.SIGINT)
	for deadline := time.Now().Add(Patience); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("PostgreSQL does not stop")
		}
	}
}

// signalFirst signals the process whose id is the first thing that a file says, and returns it.
func signalFirst(t *testing.T, file string, signal syscall.Signal) (pid int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		_, err = fmt.Sscan(string(text), &pid)
	}
	if err == nil {
		err = syscall.Kill(pid, signal)
	}
	if err != nil {
		t.Fatalf("signal the process of %s: %v", file, err)
	}
	return pid
}
