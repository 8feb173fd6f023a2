package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// stubborn are pages that take no notice of the end of their context. They end when the
// test does, or when they are let go.
type stubborn struct {
	entered chan struct{} // gets a value for each call
	release func()
	over    chan struct{} // closed by release
	ended   sync.WaitGroup
}

func newStubborn(t *testing.T) *stubborn {
	t.Helper()
	s := &stubborn{entered: make(chan struct{}, 100), over: make(chan struct{})}
	s.release = sync.OnceFunc(func() { close(s.over) })
	t.Cleanup(func() {
		s.release()
		s.ended.Wait()
	})
	return s
}

func (s *stubborn) released() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// page returns a page that first does something, and then nothing.
func (s *stubborn) page(route string, do http.HandlerFunc) function.Function {
	return function.Function{
		Name: "pages" + strings.Fields(route)[1], Spec: fn.Page{Route: route, Access: fn.Public, Timeout: 50 * time.Millisecond, MaxConcurrent: 8},
		Bind: func() any {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.ended.Add(1)
				defer s.ended.Done()
				s.entered <- struct{}{}
				do(w, r)
				<-s.over
				abuse(w, r)
				panic("hunter2")
			})
		},
	}
}

// abuse does everything that a function can do which has not noticed that it is over.
func abuse(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Late", "yes")
	w.WriteHeader(http.StatusTeapot)
	_, _ = io.WriteString(w, "late")
	_, _ = io.Copy(w, strings.NewReader("late"))
	_, _ = io.ReadAll(r.Body)
	_ = r.Body.Close()
	c := http.NewResponseController(w)
	_ = c.Flush()
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
	_ = c.EnableFullDuplex()
	if conn, _, err := c.Hijack(); err == nil {
		_ = conn.Close()
	}
}

func (s *stubborn) pages() []function.Function {
	return []function.Function{
		s.page("POST /mute", func(http.ResponseWriter, *http.Request) {}),
		s.page("POST /held", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Early", "yes")
			w.Header().Set("Cache-Control", "public")
			_, _ = io.WriteString(w, "a part")
		}),
		s.page("POST /hints", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Early", "yes")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("X-Later", "yes")
		}),
		s.page("POST /header", func(w http.ResponseWriter, _ *http.Request) {
			for h := w.Header(); !s.released(); time.Sleep(time.Microsecond) {
				h.Set("X-Early", time.Now().String())
			}
		}),
		s.page("POST /reads", func(_ http.ResponseWriter, r *http.Request) {
			for b := make([]byte, 1); !s.released(); {
				if _, err := r.Body.Read(b); err != nil {
					time.Sleep(time.Millisecond)
				}
			}
		}),
		s.page("POST /stream", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "a part")
			_ = http.NewResponseController(w).Flush()
		}),
		s.page("POST /endless", func(w http.ResponseWriter, _ *http.Request) {
			for piece := make([]byte, 32<<10); !s.released(); time.Sleep(100 * time.Microsecond) {
				_, _ = w.Write(piece)
			}
		}),
		s.page("POST /polite", func(w http.ResponseWriter, _ *http.Request) {
			for piece := make([]byte, 32<<10); ; time.Sleep(100 * time.Microsecond) {
				if _, err := w.Write(piece); err != nil {
					panic(http.ErrAbortHandler)
				}
			}
		}),
	}
}

func clients() map[string]*http.Transport {
	all := map[string]*http.Transport{"HTTP/1.1": {}, "HTTP/2": {Protocols: new(http.Protocols)}}
	all["HTTP/2"].Protocols.SetUnencryptedHTTP2(true)
	return all
}

// TestOverrun wants callers of functions that take no notice of their timeout to be answered
// all the same, or to see that the answer is not whole.
func TestOverrun(t *testing.T) {
	t.Parallel()
	for protocol, client := range clients() {
		for path, broken := range map[string]bool{
			"/mute": false, "/held": false, "/hints": false, "/header": false, "/reads": false, "/stream": true, "/endless": true,
		} {
			t.Run(protocol+path, func(t *testing.T) {
				t.Parallel()
				for tries := 1; !overruns(t, client, path, broken); tries++ {
					if tries == 10 {
						t.Fatal("its time is always over before it begins")
					}
				}
			})
		}
	}
}

// overruns is one call. It returns false if the call was over its time before the function had begun, as
// it can be on a busy machine.
func overruns(t *testing.T, client *http.Transport, path string, broken bool) bool {
	t.Helper()
	s := newStubborn(t)
	host := start(t, serve.Config{Functions: s.pages(), Server: config.Server{MetricsToken: "m"}})
	t.Cleanup(client.CloseIdleConnections)
	upload, rest := io.Pipe()
	go func() { _, _ = io.WriteString(rest, strings.Repeat("half of it", 10<<10)) }() // more than comes before the call
	defer rest.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, host.url+path, upload)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Request-Id", "r-1")
	res, err := client.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if len(s.entered) == 0 {
		return false
	}
	if broken != (err != nil) || broken != (res.StatusCode == http.StatusOK) {
		t.Errorf("got %d, %d bytes, %v", res.StatusCode, len(text), err)
	}
	if !broken {
		p := answered{res.StatusCode, res.Header, string(text), res.Close}.problem(t)
		if p.Status != http.StatusGatewayTimeout || p.RequestID != "r-1" || res.Header.Get("X-Early") != "" ||
			res.Header.Get("Cache-Control") != "private, no-store" || res.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("got %s, %v", text, res.Header)
		}
	}
	expectOverrun(t, host, s, "pages"+path, broken)
	return true
}

// expectOverrun wants one call to be lost until it has ended, and the log to tell.
func expectOverrun(t *testing.T, host *running, s *stubborn, name string, broken bool) {
	t.Helper()
	series := func(metric string, n int) string {
		return fmt.Sprintf("%s{function=%q,project=\"shop\"} %d\n", metric, name, n)
	}
	await.That(t, "the call is lost", func() bool {
		all := send(t, "GET", host.url+"/metrics", nil, "Authorization: Bearer m").body
		return strings.Contains(all, series("switchyard_calls_lost", 1)) &&
			strings.Contains(all, series("switchyard_calls_overrun_total", 1)) &&
			strings.Contains(all, series("switchyard_http_requests_in_flight", 0))
	})
	s.release()
	await.That(t, "the call has ended", func() bool {
		all := send(t, "GET", host.url+"/metrics", nil, "Authorization: Bearer m").body
		return strings.Contains(all, series("switchyard_calls_lost", 0)) && strings.Contains(all, series("switchyard_calls_overrun_total", 1))
	})
	await.That(t, "its end is logged", func() bool { return host.log.has("a call that was given up has ended") })
	log := host.log.all()
	if !host.log.has("a call went past its timeout and was given up, but still runs") || !strings.Contains(log, `"panic":"hunter2"`) {
		t.Errorf("the log does not tell:\n%s", log)
	}
	if n := strings.Count(log, `"msg":"request","function":"`+name+`"`); n != 1 {
		t.Errorf("%d lines about the request:\n%s", n, log)
	}
	if want := `"status":504`; strings.Contains(log, want) == broken || strings.Contains(log, `"aborted":true`) != broken {
		t.Errorf("the line about the request:\n%s", log)
	}
}

// TestOverrunPolite wants a function that ends when it cannot write any more to be no lost one.
func TestOverrunPolite(t *testing.T) {
	t.Parallel()
	for protocol, client := range clients() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newStubborn(t)
			host := start(t, serve.Config{Functions: s.pages()})
			t.Cleanup(client.CloseIdleConnections)
			if err := once(client, http.MethodPost, host.url+"/polite"); err == nil {
				t.Error("the answer that was broken off looks well")
			}
			await.That(t, "the request is logged", func() bool { return host.log.has("request") })
		})
	}
}

// TestOverrunHijacked wants the connection that a function has taken to be closed.
func TestOverrunHijacked(t *testing.T) {
	t.Parallel()
	s := newStubborn(t)
	host := start(t, serve.Config{Functions: []function.Function{s.page("GET /taken", func(w http.ResponseWriter, _ *http.Request) {
		_, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: mine\r\nConnection: Upgrade\r\n\r\n")
		_ = rw.Flush()
	})}})
	conn := dial(t, host)
	defer conn.Close()
	fmt.Fprint(conn, "GET /taken HTTP/1.1\r\nHost: x\r\n\r\n")
	if text, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(text), "Upgrade\r\n\r\n") {
		t.Errorf("got %q, %v", text, err)
	}
}

// TestOverrunStalled wants a function to be given up whose client has stopped reading.
func TestOverrunStalled(t *testing.T) {
	t.Parallel()
	s := newStubborn(t)
	host := start(t, serve.Config{Functions: []function.Function{s.page("GET /stalled", func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		for piece := make([]byte, 1<<20); !s.released(); {
			if _, err := w.Write(piece); err != nil {
				time.Sleep(time.Millisecond)
			}
		}
	})}})
	conn := dial(t, host)
	defer conn.Close()
	fmt.Fprint(conn, "GET /stalled HTTP/1.1\r\nHost: x\r\n\r\n")
	await.That(t, "it is given up", func() bool { return host.log.has("a call went past its timeout and was given up, but still runs") })
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Logf("the connection ended with: %v", err)
	}
}

// TestOverrunCircuit wants a function with too many lost calls to take no more until they
// have ended, and others to go on.
func TestOverrunCircuit(t *testing.T) {
	t.Parallel()
	s := newStubborn(t)
	host := start(t, serve.Config{Functions: append(s.pages(), samples()...)})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if got := send(t, "POST", host.url+"/mute", nil); got.status != http.StatusGatewayTimeout {
				t.Errorf("got %+v", got)
			}
		})
	}
	all.Wait()
	got := send(t, "POST", host.url+"/mute", nil)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "5" ||
		!strings.HasPrefix(got.problem(t).Detail, "Calls that took too long are still running here") {
		t.Errorf("with too many lost calls: %+v", got)
	}
	if got := send(t, "GET", host.url+"/hello", nil); got.status != http.StatusOK {
		t.Errorf("another function: %+v", got)
	}
	s.release()
	await.That(t, "it takes calls again", func() bool {
		err := once(&http.Transport{DisableKeepAlives: true}, http.MethodPost, host.url+"/mute") // it panics
		return err == nil || err.Error() != "status 503"
	})
}

// TestOverrunKeepsConnectionsApart sends requests one after the other on one connection of
// HTTP/2, while lost calls of it go on writing.
func TestOverrunKeepsConnectionsApart(t *testing.T) {
	t.Parallel()
	s := newStubborn(t)
	host := start(t, serve.Config{Functions: append(s.pages(), samples()...)})
	client := clients()["HTTP/2"]
	t.Cleanup(client.CloseIdleConnections)
	var lost sync.WaitGroup
	for _, path := range []string{"/mute", "/held", "/header", "/reads"} {
		lost.Go(func() {
			if err := once(client, http.MethodPost, host.url+path); err == nil || err.Error() != "status 504" {
				t.Errorf("%s: %v", path, err)
			}
		})
	}
	lost.Wait()
	s.release()
	for range 200 {
		if err := once(client, http.MethodPost, host.url+"/api/echo"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLateAndNotLost wants a call that ends a little after its time to leave its connection as
// it was, for requests that follow there.
func TestLateAndNotLost(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"none": "", "small": "x", "long": strings.Repeat("x", 200<<10)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			late := page("pages/late", "POST /late", func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				time.Sleep(overrun.Grace * 3 / 4)
			})
			late.Spec = fn.Page{Route: "POST /late", Access: fn.Public, Timeout: 50 * time.Millisecond}
			next := page("pages/next", "POST /next", func(_ http.ResponseWriter, r *http.Request) {
				if err := r.Context().Err(); err != nil {
					t.Error(err)
				}
			})
			host := start(t, serve.Config{Functions: []function.Function{late, next}})
			client := &http.Transport{MaxConnsPerHost: 1}
			t.Cleanup(client.CloseIdleConnections)
			for _, path := range []string{"/late", "/next", "/next"} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, host.url+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				res, err := client.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		})
	}
}

// TestDrainGivesUp wants a drain to wait for no lost call.
func TestDrainGivesUp(t *testing.T) {
	t.Parallel()
	for protocol, client := range clients() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newStubborn(t)
			host := start(t, serve.Config{Functions: s.pages(), Server: config.Server{DrainTimeout: time.Hour}})
			failed := make(chan error)
			go func() { failed <- once(client, http.MethodPost, host.url+"/mute") }()
			<-s.entered
			host.stop() // before it is lost: so its last answer is waited for
			if err := <-failed; err == nil || err.Error() != "status 504" {
				t.Errorf("the caller: %v", err)
			}
			client.CloseIdleConnections()
			if err := <-host.stopped; err != nil {
				t.Errorf("Run: %v", err)
			}
			if log := host.log.all(); !strings.Contains(log, `"msg":"drained, and gave up calls that do not end","lost":1`) {
				t.Errorf("the log does not tell:\n%s", log)
			}
		})
	}
}
