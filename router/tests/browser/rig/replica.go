package rig

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Replica is another router beside that of a Dev, with the same database, bucket and Inngest.
type Replica struct {
	URL string // stays the same when it is started again

	program string
	env     []string
	log     *os.File
	cmd     *exec.Cmd
}

// Replica starts another router, of the same source.
func (d *Dev) Replica(t *testing.T) *Replica {
	t.Helper()
	program := filepath.Join(t.TempDir(), "router")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./router")
	build.Dir = root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the router: %v\n%s", err, out)
	}
	address := freeAddress(t)
	r := &Replica{URL: "http://" + address, program: program, env: append(os.Environ(), d.environment(t, address)...)}
	var err error
	if r.log, err = os.Create(filepath.Join(t.TempDir(), "replica.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Kill()
		_ = r.log.Close()
		if text, err := os.ReadFile(r.log.Name()); err == nil && t.Failed() {
			t.Logf("the replica says at last:\n%s", text[max(0, len(text)-6000):])
		}
	})
	r.Start(t)
	return r
}

// environment returns the variables of a router at address.
func (d *Dev) environment(t *testing.T, address string) []string {
	t.Helper()
	var settings struct{ AuthSecret string }
	text, err := os.ReadFile(filepath.Join(d.state, "settings.json"))
	if err == nil {
		err = json.Unmarshal(text, &settings)
	}
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(address)
	a := d.addresses
	return []string{
		"HOST=" + host, "PORT=" + port, "DATABASE_URL=" + a.DatabaseURL,
		"BUCKET=" + a.Bucket.Name, "ENDPOINT=" + a.Bucket.Endpoint, "REGION=" + a.Bucket.Region,
		"ACCESS_KEY_ID=" + a.Bucket.AccessKeyID, "SECRET_ACCESS_KEY=" + a.Bucket.SecretAccessKey,
		"INNGEST_DEV=" + a.Inngest, "INNGEST_EVENT_KEY=" + a.EventKey,
		"BETTER_AUTH_SECRET=" + settings.AuthSecret, "BETTER_AUTH_URL=" + d.App, "AUTH_RATE_LIMIT=off",
		"BETTER_AUTH_TRUSTED_ORIGINS=" + d.App + ",http://" + address,
		"MAIL_SINK=file", "MAIL_FILE=" + filepath.Join(t.TempDir(), "mail.jsonl"),
	}
}

// freeAddress returns an address that nobody listens at. It is none of those that Linux serves to who
// connects, one of which could be somebody else's when the replica comes back.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(30_000+rand.N(2768))))
		if err == nil {
			_ = l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// Start starts the router and waits until it is ready.
func (r *Replica) Start(t *testing.T) {
	t.Helper()
	r.cmd = exec.CommandContext(context.Background(), r.program, "serve")
	r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = r.env, r.log, r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(Patience); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(r.URL + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the replica does not become ready: %v", err)
		}
	}
}

// Kill ends the router without warning.
func (r *Replica) Kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}
