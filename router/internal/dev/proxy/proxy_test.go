package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/router/internal/dev/proxy"
	"switchyard/router/internal/dev/terminal"
)

func newProxy(t *testing.T) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// serve lets an app with this handler answer behind p.
func serve(t *testing.T, p *proxy.Proxy, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	p.Switch(proxy.NewBackend(proxy.PortOf(s.Listener)))
	return s
}

func saying(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// ask sends a request with header fields "Name: value" and returns the answer.
func ask(t *testing.T, c *http.Client, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	response, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

const html = "Accept: text/html,application/xhtml+xml"

func TestProxyWhileStarting(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	r, body := ask(t, http.DefaultClient, p.URL(), html)
	if r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "Starting") || !strings.Contains(body, "building") {
		t.Errorf("a person gets %s:\n%s", r.Status, body)
	}
	if !strings.Contains(body, `http-equiv="refresh"`) {
		t.Error("the page does not reload by itself")
	}
	r, body = ask(t, http.DefaultClient, p.URL()+"/api/files")
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" ||
		r.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a program gets %s, %v:\n%s", r.Status, r.Header, body)
	}
}

func TestProxyPassesOn(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	serve(t, p, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s %s", r.Host, r.RequestURI, r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Host"), body)
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL()+"/a%2Fb?c=;d", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "files.example"
	r.Header.Set("X-Forwarded-For", "6.6.6.6")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, _ := io.ReadAll(response.Body)
	if want := "files.example /a%2Fb?c=;d 127.0.0.1 files.example body"; string(got) != want {
		t.Errorf("the app saw\n%s, want\n%s", got, want)
	}
}

func TestProxyStreams(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	seen := make(chan struct{})
	serve(t, p, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "first")
		_ = http.NewResponseController(w).Flush()
		<-seen // the app goes on only when the browser has got the first line
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line, err := bufio.NewReader(response.Body).ReadString('\n')
	close(seen)
	if line != "first\n" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestProxyShowsFailures(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	serve(t, p, saying("the last good app"))
	p.Fail(terminal.Failed("The build failed", "go build ./router", "hello.go:3: undefined: <script>"))

	r, body := ask(t, http.DefaultClient, p.URL(), html, "Sec-Fetch-Mode: navigate")
	if r.StatusCode != http.StatusInternalServerError || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a person gets %s, %v", r.Status, r.Header)
	}
	for _, want := range []string{"The build failed", "go build ./router", "undefined: &lt;script&gt;", "last-good?to=%2F"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q:\n%s", want, body)
		}
	}
	for name, header := range map[string][]string{
		"a program": {"Accept: */*"},
		"a fetch":   {html, "Sec-Fetch-Mode: cors"},
		"an image":  {"Accept: image/png", "Sec-Fetch-Mode: no-cors"},
	} {
		if r, body := ask(t, http.DefaultClient, p.URL(), header...); r.StatusCode != http.StatusOK || body != "the last good app" {
			t.Errorf("%s gets %s: %s", name, r.Status, body)
		}
	}
	if _, body := ask(t, http.DefaultClient, p.URL()+"/.switchyard/state"); !strings.Contains(body, p.Failure().ID) {
		t.Errorf("the state is %s, want the failure's id", body)
	}
	p.Fail(nil)
	if _, body := ask(t, http.DefaultClient, p.URL(), html); body != "the last good app" {
		t.Errorf("after the failure a person gets %s", body)
	}
}

func TestProxyUsesLastGood(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	serve(t, p, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RequestURI) })
	p.Fail(terminal.Failed("The build failed", "", ""))
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	if _, body := ask(t, browser, p.URL()+"/.switchyard/last-good?to=%2Ffiles%3Fa%3Db", html); body != "/files?a=b" {
		t.Errorf("the link leads to %s", body)
	}
	if _, body := ask(t, browser, p.URL()+"/other", html); body != "/other" {
		t.Errorf("the next page is %s, want the app's", body)
	}
	p.Fail(terminal.Failed("The build failed otherwise", "", ""))
	if _, body := ask(t, browser, p.URL()+"/other", html); !strings.Contains(body, "otherwise") {
		t.Errorf("a new failure is not shown: %s", body)
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/files?a=b": "/files?a=b", "": "/", "files": "/", "//evil.example": "/",
		"https://evil.example/": "/", `/\evil.example`: "/", "javascript:alert(1)": "/",
	} {
		if got := proxy.LocalPath(to); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", to, got, want)
		}
	}
}

func TestProxyWhenAppDies(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	serve(t, p, saying("")).Close()
	if r, body := ask(t, http.DefaultClient, p.URL(), html); r.StatusCode != http.StatusBadGateway || !strings.Contains(body, "Starting") {
		t.Errorf("a person gets %s: %s", r.Status, body)
	}
	if r, _ := ask(t, http.DefaultClient, p.URL()); r.StatusCode != http.StatusBadGateway || r.Header.Get("Retry-After") == "" {
		t.Errorf("a program gets %s, %v", r.Status, r.Header)
	}
}

// TestProxySwitchesWithoutLoss replaces apps under load: every request is
// answered, by the old app or by the new.
func TestProxySwitchesWithoutLoss(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	serve(t, p, saying("app"))
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				response, err := client.Get(p.URL())
				if err != nil {
					t.Errorf("a request was lost: %v", err)
					return
				}
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK || string(body) != "app" || err != nil {
					t.Errorf("a request got %s: %s, %v", response.Status, body, err)
					return
				}
			}
		})
	}
	for range 20 {
		used := make(chan struct{}, 20)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case used <- struct{}{}:
			default:
			}
			fmt.Fprint(w, "app")
		}))
		b := proxy.NewBackend(proxy.PortOf(s.Listener))
		p.Switch(b)
		for range 20 {
			<-used
		}
		next := httptest.NewServer(saying("app"))
		t.Cleanup(next.Close)
		p.Switch(proxy.NewBackend(proxy.PortOf(next.Listener)))
		b.Idle(ctx, time.Minute)
		s.Close()
	}
	cancel()
	load.Wait()
}

func TestListen(t *testing.T) {
	t.Parallel()
	first, err := proxy.Listen(t.Context(), 0, true)
	if err != nil {
		t.Fatal(err)
	}
	closeAll(t, first)
	busy := proxy.PortOf(first[0])
	if _, err := proxy.Listen(t.Context(), busy, true); err == nil || !strings.Contains(err.Error(), "--port") {
		t.Errorf("got %v, want an error that names --port", err)
	}
	next, err := proxy.Listen(t.Context(), busy, false)
	if err != nil {
		t.Fatal(err)
	}
	closeAll(t, next)
	if got := proxy.PortOf(next[0]); got == busy {
		t.Errorf("got the busy port %d", got)
	}
}

func closeAll(t *testing.T, listeners []net.Listener) {
	t.Helper()
	t.Cleanup(func() {
		for _, l := range listeners {
			_ = l.Close()
		}
	})
}

// A call for a step waits for an app; a call that is given up does not.
func TestProxyKeepsSteps(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	answers := make(chan int, 1)
	go func() {
		r, err := http.Post(p.URL()+"/api/inngest?fnId=app-job&stepId=step", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Error(err)
			answers <- 0
			return
		}
		_ = r.Body.Close()
		answers <- r.StatusCode
	}()
	given, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(given, http.MethodPost, p.URL()+"/api/inngest?fnId=app-job", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(r); err == nil {
		_ = response.Body.Close()
		t.Errorf("a step is answered %s although there is no app", response.Status)
	}
	serve(t, p, saying("done"))
	if status := <-answers; status != http.StatusOK {
		t.Errorf("the step that waited is answered %d", status)
	}
}
