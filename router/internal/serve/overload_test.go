package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

// limited is a public page of which so many calls may run at once.
func limited(name string, max int, h http.HandlerFunc) function.Function {
	f := page("pages/"+name, "/"+name, h)
	f.Spec = fn.Page{Route: "/" + name, Access: fn.Public, MaxConcurrent: max}
	return f
}

// digest says what it was sent.
func digest(w http.ResponseWriter, r *http.Request) {
	h := sha256.New()
	n, err := io.Copy(h, r.Body)
	_, _ = fmt.Fprintf(w, "%d %x %v", n, h.Sum(nil), err)
}

func stream() function.Function {
	f := page("pages/stream", "POST /stream", digest)
	f.Spec = fn.Page{Route: "POST /stream", Access: fn.Public, Stream: true}
	return f
}

// Bodies that stall take no place: not of their function, and not of Inngest.
func TestStalledBodies(t *testing.T) {
	t.Parallel()
	const max, stalled = 2, 40
	host := start(t, serve.Config{
		Functions: []function.Function{limited("narrow", max, digest)}, Inngest: http.HandlerFunc(digest), Server: open(),
	})
	for i := range stalled {
		conn := dial(t, host)
		defer conn.Close()
		path := [...]string{"/narrow", "/api/inngest"}[i%2]
		_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n6bytes", path)
	}
	for scrape(t, host)[`switchyard_overload_bodies{project="shop"}`] != stalled {
		time.Sleep(time.Millisecond)
	}
	for _, path := range []string{"/narrow", "/api/inngest"} {
		if got := send(t, "POST", host.url+path, strings.NewReader("whole")); got.status != 200 || !strings.HasPrefix(got.body, "5 ") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// Whatever is received before the call begins, the function reads what was sent, and the
// connection goes on.
func TestBodiesArrive(t *testing.T) {
	t.Parallel()
	big := limited("big", 100, digest)
	big.Spec = fn.Page{Route: "/big", Access: fn.Public, MaxBody: 1 << 20}
	deaf := limited("deaf", 100, func(http.ResponseWriter, *http.Request) {})
	host := start(t, serve.Config{Functions: []function.Function{big, deaf, stream()}})
	http1, http2 := &http.Transport{MaxConnsPerHost: 1, ExpectContinueTimeout: time.Minute}, &http.Transport{MaxConnsPerHost: 1, Protocols: new(http.Protocols)}
	http2.Protocols.SetUnencryptedHTTP2(true)
	defer http1.CloseIdleConnections()
	defer http2.CloseIdleConnections()
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32()) //nolint:gosec // any bytes will do
	}
	for _, size := range []int{0, 1, 1023, 1024, 1025, 4096, 64<<10 - 1, 64 << 10, 64<<10 + 1, 200_000, 1 << 20} {
		body := noise[:size]
		want := fmt.Sprintf("%d %x <nil>", size, sha256.Sum256(body))
		for _, transport := range []*http.Transport{http1, http2} {
			for _, reader := range []io.Reader{bytes.NewReader(body), struct{ io.Reader }{bytes.NewReader(body)}} {
				for _, path := range []string{"/big", "/stream", "/deaf"} {
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, host.url+path, reader)
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Expect", "100-continue")
					res, err := transport.RoundTrip(r)
					if err != nil {
						t.Fatalf("%s of %d bytes: %v", path, size, err)
					}
					got, _ := io.ReadAll(res.Body)
					_ = res.Body.Close()
					if path != "/deaf" && string(got) != want || res.StatusCode != http.StatusOK {
						t.Errorf("%s of %d bytes: %d %s", path, size, res.StatusCode, got)
					}
					reader = bytes.NewReader(body)
				}
			}
		}
	}
}

// A client that asks whether it may send hears so, or else why it may not.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	for size, want := range map[int]int{10: 100, 101: 413} {
		conn := dial(t, host)
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "POST /api/echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", size)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d", size, res.StatusCode, want)
		}
	}
}

// A form that does not arrive is answered to a person as to a program.
func TestSlowForm(t *testing.T) {
	t.Parallel()
	form := page("pages/form", "POST /form", digest)
	form.Spec = fn.Page{Route: "POST /form", Access: fn.Public, Timeout: time.Millisecond}
	host := start(t, serve.Config{Functions: []function.Function{form}})
	for accept, want := range map[string]string{browserAccepts: "<p>The request&#39;s body did not arrive in time.</p>", "Accept: */*": answer.ContentType} {
		conn := dial(t, host)
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "POST /form HTTP/1.1\r\nHost: x\r\n%s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n", accept)
		text, err := io.ReadAll(conn) // to the end: the connection is closed
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 408 ") || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v %s", accept, err, text)
		}
	}
}

// A function that goes on reading after its call has ended gets nothing of another call's.
func TestBodyAfterItsCall(t *testing.T) {
	t.Parallel()
	late, next := make(chan string), make(chan struct{})
	host := start(t, serve.Config{Functions: []function.Function{
		limited("leaks", 100, func(_ http.ResponseWriter, r *http.Request) {
			go func() {
				<-next
				text, err := io.ReadAll(r.Body)
				late <- fmt.Sprint(string(text), err)
			}()
		}),
		limited("other", 100, digest),
	}})
	send(t, "POST", host.url+"/leaks", strings.NewReader("first"))
	for range 100 {
		send(t, "POST", host.url+"/other", strings.NewReader("other"))
	}
	close(next)
	if got := <-late; strings.Contains(got, "other") || !strings.Contains(got, http.ErrBodyReadAfterClose.Error()) {
		t.Errorf("it has read %q", got)
	}
}

// More calls at once than a function takes wait a little, and are served.
func TestBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slowly := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Millisecond) // so that the last of them wait for a quarter of a second
			digest(w, r)
		}
		host, client := piped(t, serve.Config{Functions: []function.Function{limited("narrow", 4, slowly)}, Server: open()})
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if got := sendBy(t, client, "POST", host.url+"/narrow", strings.NewReader("x")); got.status != 200 {
					t.Errorf("got %d", got.status)
				}
			})
		}
		all.Wait()
		metrics := sendBy(t, client, "GET", host.url+"/metrics", nil, authorized).body
		if !strings.Contains(metrics, "switchyard_overload_in_flight{project=\"shop\"} 0\n") {
			t.Errorf("in the end calls run:\n%s", metrics)
		}
	})
}

// What is refused for want of room is answered with what is prepared for it, and counted.
// The host's own pages are not among it.
func TestShed(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	host := start(t, serve.Config{Server: open(), Functions: []function.Function{
		limited("narrow", 1, func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-leave }),
	}})
	first := make(chan answered)
	go func() { first <- send(t, "GET", host.url+"/narrow", nil) }()
	<-entered
	defer func() { close(leave); <-first }()
	got := send(t, "GET", host.url+"/narrow", nil, "X-Request-Id: r-7")
	want := *answer.New(503, 0, "This is busy right now. Try again in a second.")
	want.RequestID = "r-7"
	if diff := cmp.Diff(want.Error()+want.Title+want.Type+want.RequestID, problemText(got.problem(t))); diff != "" || got.status != 503 {
		t.Errorf("%d (-want +got):\n%s", got.status, diff)
	}
	if h := got.header; h.Get("Retry-After") != "1" || h.Get("Cache-Control") != "private, no-store" || h.Get("Vary") != "Accept" || got.close {
		t.Errorf("header: %v", h)
	}
	got = send(t, "GET", host.url+"/narrow", nil, browserAccepts, "X-Request-Id: r-8")
	if !strings.Contains(got.body, "<p>This is busy right now.") || !strings.Contains(got.body, "<code>r-8</code>") || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("page: %v %s", got.header, got.body)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, host.url+"/narrow", nil)
	r.Header.Set("X-Request-Id", "r-9")
	if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
		_ = res.Body.Close()
	}
	if line := host.log.line(t, "r-9"); line["status"] != 499.0 && line["status"] != 503.0 {
		t.Errorf("whose client left: %v", line)
	}
	n := scrape(t, host)
	if n[`switchyard_http_refused_total{function="pages/narrow", project="shop", reason="late"}`] < 2 || n[`switchyard_http_wait_seconds_count{function="pages/narrow", project="shop"}`] < 2 {
		t.Error("metrics do not say that two requests waited in vain")
	}
	for _, path := range []string{"/livez", "/readyz"} {
		if got := send(t, "GET", host.url+path, nil); got.status != 200 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func problemText(p answer.Problem) string { return p.Error() + p.Title + p.Type + p.RequestID }

// A flood of requests that are wrong becomes no flood of lines, nor of long ones.
func TestRejectedAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // there are so many lines a second
		host, client := piped(t, serve.Config{Functions: samples()})
		const many = 300
		var names []string
		for i := range 200 {
			names = append(names, fmt.Sprintf("%s%d=1", strings.Repeat("k", 20), i))
		}
		for range many {
			sendBy(t, client, "GET", host.url+"/api/empty?"+strings.Join(names, "&"), nil)
		}
		host.stop()
		client.CloseIdleConnections()
		if err := <-host.stopped; err != nil {
			t.Fatal(err)
		}
		text := host.log.all()
		for line := range strings.Lines(text) {
			if len(line) > 2<<10 {
				t.Fatalf("a line of %d bytes", len(line))
			}
		}
		if lines := strings.Count(text, `"status":422`); lines == 0 || lines == many || !strings.Contains(text, `"outcome":"rejected"`) {
			t.Errorf("%d lines:\n%s", lines, text)
		}
	})
}
