package project_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// site is a project that runs as `router dev`, and a person who visits it.
type site struct {
	t       *testing.T
	url     string
	inngest string // its URL
	visitor http.Client
	out     *screen // what dev prints
	stop    func()
}

// screen is what a program prints.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// startDev runs the project in dir. Its state is kept from one run to the next.
func startDev(t *testing.T, dir string, environ []string) *site {
	t.Helper()
	out := &screen{}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "go", "run", "./router", "dev", "--port", "0", "--no-watch")
	cmd.Dir, cmd.Env = dir, environ
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // the go command passes it on
		<-ended
	}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, visitor: http.Client{Jar: jar}, out: out, stop: stop}
	for !s.ready(dir) {
		select {
		case <-ended:
			t.Fatal("dev has ended")
		case <-t.Context().Done():
			t.Fatal("dev does not become ready")
		case <-time.After(100 * time.Millisecond):
		}
	}
	return s
}

// ready reports whether the project in dir serves, and then knows its address.
func (s *site) ready(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, ".switchyard", "dev.json"))
	var addresses struct{ App, Inngest string }
	if err != nil || json.Unmarshal(text, &addresses) != nil {
		return false
	}
	s.url, s.inngest = addresses.App, addresses.Inngest
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/readyz", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := s.visitor.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// ask sends a request as a page of the site does, and returns status and body.
func (s *site) ask(method, path, body string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", s.url)
	res, err := s.visitor.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// want asks and checks the status.
func (s *site) want(status int, method, path, body string) string {
	s.t.Helper()
	got, text := s.ask(method, path, body)
	if got != status {
		s.t.Errorf("%s %s: %d, want %d\n%s", method, path, got, status, text)
	}
	return text
}
