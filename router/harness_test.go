package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/stack"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/db/dbtest"
)

// asRouter makes this test binary behave as the router itself, so that tests can
// start and kill a real process.
const asRouter = "SWITCHYARD_TEST_AS_ROUTER"

func TestMain(m *testing.M) {
	if os.Getenv(asRouter) != "" {
		main()
	}
	status := dbtest.Run(func() int { return buckettest.Run(m.Run) })
	_ = os.RemoveAll(lambdas.dir)
	os.Exit(status)
}

// desk is a running file desk: the real router with real servers around it.
type desk struct {
	t      *testing.T
	url    string
	env    []string
	log    *buffer
	cookie string // of who is signed in; "" for nobody
}

// nowhere is the address of an Inngest server that is not there.
const nowhere = "http://127.0.0.1:1"

// environment returns the variables of a router with a database and a bucket of
// its own, and the Inngest server at inngest ("" for none).
func environment(t *testing.T, inngest string) []string {
	t.Helper()
	b := buckettest.Config(t)
	if inngest == "" {
		inngest = nowhere
	}
	port, err := stack.FreePort() // Inngest and browsers must know it before it listens
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"HOST=127.0.0.1", "PORT=" + strconv.Itoa(port), "LOG_FORMAT=json", "LOG_LEVEL=info",
		"DATABASE_URL=" + dbtest.URL(t),
		"BUCKET=" + b.Name, "ACCESS_KEY_ID=" + b.AccessKeyID,
		"SECRET_ACCESS_KEY=" + b.SecretAccessKey.Reveal(),
		"ENDPOINT=" + b.Endpoint.String(), "REGION=" + b.Region,
		"INNGEST_DEV=" + inngest,
		"BETTER_AUTH_SECRET=a secret of at least 32 characters", "BETTER_AUTH_URL=http://127.0.0.1:" + strconv.Itoa(port), "AUTH_RATE_LIMIT=off",
		"MAIL_SINK=file", "MAIL_FILE=" + filepath.Join(t.TempDir(), "mail.jsonl"),
	}
}

// startInngest starts an Inngest server for this test alone.
func startInngest(t *testing.T) string {
	t.Helper()
	server, err := stack.StartInngest(t.Context(), stack.Options{
		Dir: t.TempDir(), Progress: func(s string) { t.Log(s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

// startDesk serves in this process until the test ends, and fails the test if
// the router does not stop cleanly. The flags are those of serve.
func startDesk(t *testing.T, env []string, flags ...string) *desk {
	t.Helper()
	if *onLambda && len(flags) == 0 {
		return startLambdas(t, env)
	}
	ctx, stop := context.WithCancel(context.Background())
	d := &desk{t: t, env: env, log: &buffer{}}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, append([]string{"serve"}, flags...), env, d.log, d.log) }()
	t.Cleanup(func() {
		stop()
		if status := <-ended; status != exitOK {
			t.Errorf("the router ended with status %d:\n%s", status, d.log)
		}
	})
	eventually(t, "the router listens", func() bool {
		d.url = d.log.address()
		return d.url != ""
	})
	return d
}

// signUp makes an account for Ada and returns the desk as its owner sees it.
func (d *desk) signUp() *desk {
	d.t.Helper()
	const body = `{"name":"Ada","email":"ada@example.com","password":"correct horse battery"}`
	resp := d.send("POST", "/api/auth/sign-up/email", strings.NewReader(body))
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		d.t.Fatalf("sign up: %d %s", resp.StatusCode, answer)
	}
	user := *d
	for _, c := range resp.Cookies() {
		user.cookie += c.Name + "=" + c.Value + "; "
	}
	return &user
}

// in returns the desk for a test within its test.
func (d *desk) in(t *testing.T) *desk {
	t.Helper()
	inner := *d
	inner.t = t
	return &inner
}

// send sends a request as whoever is signed in. A body is JSON.
func (d *desk) send(method, path string, body io.Reader) *http.Response {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if d.cookie != "" {
		req.Header.Set("Cookie", d.cookie)
	}
	if strings.HasPrefix(path, "/api/auth/") {
		req.Header.Set("Origin", d.url)
	}
	resp, err := noRedirect().Do(req)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// call sends a JSON request and decodes the answer into out, unless that is nil.
// It returns the status.
func (d *desk) call(method, path string, in, out any) int {
	d.t.Helper()
	var body io.Reader
	if s, ok := in.(string); ok {
		body = strings.NewReader(s)
	} else if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			d.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	resp := d.send(method, path, body)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			d.t.Fatalf("%s %s: %d: %v in %s", method, path, resp.StatusCode, err, b)
		}
	}
	return resp.StatusCode
}

func noRedirect() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// eventually waits until ok, and fails the test after a time that only a broken
// program needs.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(90 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// buffer collects what a router prints.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// address returns the URL in the line that says where the router listens.
func (b *buffer) address() string {
	for line := range strings.Lines(b.String()) {
		var entry struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
			if _, port, err := net.SplitHostPort(entry.Address); err == nil {
				return "http://127.0.0.1:" + port
			}
		}
	}
	return ""
}
