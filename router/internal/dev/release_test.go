package dev_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/dev"
	"switchyard/router/internal/dev/proxy"
	"switchyard/router/internal/dev/state"
	"switchyard/router/internal/dev/terminal"
	"switchyard/router/internal/dev/watch"
	"switchyard/router/internal/generate"
)

// screen is what a terminal shows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

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

// shop is a small module whose app is being developed.
type shop struct {
	*testing.T
	root    string
	proxy   *proxy.Proxy
	screen  *screen
	changed chan watch.Changes
	result  generate.Result // what the generator says
	wrong   error           // likewise
}

func newShop(t *testing.T) *shop {
	t.Helper()
	d := &shop{T: t, root: t.TempDir(), proxy: newProxy(t), screen: &screen{}, changed: make(chan watch.Changes)}
	if err := os.CopyFS(d.root, os.DirFS(filepath.Join("testdata", "fake"))); err != nil {
		t.Fatal(err)
	}
	s, err := state.Open(filepath.Join(d.root, ".switchyard"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := dev.NewReleaser(d.root, s, d.proxy, d.screen, os.Environ(), func() (generate.Result, error) { return d.result, d.wrong })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, d.changed) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the terminal:\n%s", d.screen)
		}
	})
	<-r.Live()
	return d
}

func newProxy(t *testing.T) *proxy.Proxy {
	t.Helper()
	listeners, err := proxy.Listen(t.Context(), 0, true)
	if err != nil {
		t.Fatal(err)
	}
	p := proxy.New(listeners, func() []terminal.Step { return nil })
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// ask returns what who sends this header Accept gets from url.
func ask(t *testing.T, url, accept string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// edit replaces old by text in the app's source.
func (d *shop) edit(old, text string) {
	d.Helper()
	const name = "router/knobs.go"
	file := filepath.Join(d.root, name)
	source, err := os.ReadFile(file)
	if err != nil {
		d.Fatal(err)
	}
	if !bytes.Contains(source, []byte(old)) {
		d.Fatalf("%s has no %q", name, old)
	}
	if err := os.WriteFile(file, bytes.Replace(source, []byte(old), []byte(text), 1), 0o600); err != nil {
		d.Fatal(err)
	}
	d.changed <- watch.Changes{name}
}

// sees waits until a person gets a page that says want.
func (d *shop) sees(want string) {
	d.Helper()
	body := ""
	for deadline := time.Now().Add(await.Patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, body = ask(d.T, d.proxy.URL(), "text/html"); strings.Contains(body, want) {
			return // it takes as long as a build takes
		}
	}
	d.Fatalf("the page never says %q, but:\n%s", want, body)
}

// gets checks what a program gets at this moment.
func (d *shop) gets(want string) {
	d.Helper()
	if status, body := ask(d.T, d.proxy.URL()+"/api", "application/json"); body != want || status != http.StatusOK {
		d.Errorf("a program gets %d %q, want %q", status, body, want)
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	d.gets("one")

	d.edit(`"one"`, `"two"`)
	d.sees("two")
	if !strings.Contains(d.screen.String(), "    ALTER TABLE two\n  1 statements applied in 1ms.\n") {
		t.Errorf("the terminal does not show the migration:\n%s", d.screen)
	}

	// A compile error: people see it, programs the last good app.
	d.edit(`"two"`, `unknown`)
	d.sees("undefined: unknown")
	d.gets("two")
	if !strings.Contains(d.screen.String(), "router/knobs.go:4:12: undefined: unknown") {
		t.Errorf("the terminal does not show the compiler's words:\n%s", d.screen)
	}
	d.edit(`unknown`, `"three"`)
	d.sees("three")
	d.gets("three")

	// A migration that is refused.
	d.edit(`refused = false`, `refused = true`)
	d.sees("dropping a table would lose data")
	d.gets("three")
	d.edit(`refused = true`, `refused = false`)
	d.sees("three")

	// An app that ends at once, says why, and is not let near anybody.
	d.edit(`crash   = false`, `crash   = true`)
	d.sees("cannot go on")
	d.gets("three")
	d.edit(`crash   = true`, `crash   = false`)
	d.sees("three")

	binaries, err := filepath.Glob(filepath.Join(d.root, ".switchyard", "bin", "*"))
	if len(binaries) > 2 || err != nil {
		t.Errorf("the state folder keeps %d binaries (%v), want two at most", len(binaries), err)
	}
}

func TestReleaseStartsTheAppAgain(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	d.edit(`"one"`, `unknown`)
	d.sees("undefined: unknown")
	response, err := http.Get(d.proxy.URL() + "/exit")
	if err == nil {
		_ = response.Body.Close()
	}
	for {
		status, body := ask(t, d.proxy.URL()+"/api", "application/json")
		if body == "one" {
			break
		}
		if status < http.StatusInternalServerError {
			t.Fatalf("a program gets %d %q", status, body)
		}
		time.Sleep(10 * time.Millisecond) // until it is up again
	}
	d.sees("undefined: unknown") // the source is as wrong as before
}

func TestReleaseCallsBuildsOff(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	for _, text := range []string{"two", "three", "four"} {
		d.edit(`message = "`, `message = "`+text+" ")
	}
	d.sees("four three two one")
	if strings.Contains(d.screen.String(), "✗") {
		t.Errorf("what was called off is shown as failed:\n%s", d.screen)
	}
}

func TestReleaseShowsTheGenerator(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	d.wrong = errors.New("functions/api/hello/hello.go:3: Handle is misspelt")
	d.changed <- watch.Changes{"functions/api/hello/hello.go"}
	d.sees("functions/api/hello/hello.go:3: Handle is misspelt")
	d.gets("one")
}

// The rows of new databases are not for one that is there: nothing is built.
func TestReleaseLeavesADatabaseThatIsThere(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	d.changed <- watch.Changes{"schema/seed.sql"}
	d.changed <- watch.Changes{"schema/seed.sql"} // the first has been seen to
	if screen := d.screen.String(); !strings.Contains(screen, "router dev --reset") || strings.Contains(screen, "reload") {
		t.Errorf("the terminal says:\n%s", screen)
	}
}

// What is odd about the source is said, once, while the app runs on.
func TestReleaseShowsWarnings(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	d.result.Warnings = []generate.Problem{{File: "functions/jobs/a/a.go", Line: 9, Message: "nobody publishes the event"}}
	for _, text := range []string{"two", "three"} {
		d.edit(`message = "`, `message = "`+text+" ")
		d.changed <- watch.Changes{"functions/jobs/a/a.go"}
	}
	d.sees("three two one")
	if n := strings.Count(d.screen.String(), "warning: functions/jobs/a/a.go:9: nobody publishes the event\n"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, d.screen)
	}
}
