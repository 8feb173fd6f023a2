package serve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// waiting returns a page whose answer idles, of which then becomes what it is told.
func waiting(timeout time.Duration, then func(w http.ResponseWriter, r *http.Request)) function.Function {
	return function.Function{
		Name: "pages/waiting", Spec: fn.Page{Route: "GET /waiting", Access: fn.Public, Stream: true, Timeout: timeout, MaxConcurrent: 1000},
		Bind: func() any {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, "first\n")
				if err := w.(interface{ Idle() error }).Idle(); err != nil {
					panic(err)
				}
				then(w, r)
			})
		},
	}
}

// ask opens a stream, and returns what follows the header.
func (r *running) ask(t *testing.T, method, version string) (net.Conn, *http.Response) {
	t.Helper()
	conn := dial(t, r)
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "%s /waiting HTTP/%s\r\nHost: x\r\nX-Request-Id: idle-1\r\n\r\n", method, version)
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return conn, res
}

// TestIdle wants an answer that idles to be like any other: whole when its function returns, and
// broken off when that panics, or is given up.
func TestIdle(t *testing.T) {
	t.Parallel()
	const whole = "first\nsecond\nthird\n"
	for name, tt := range map[string]struct {
		method, version string
		end             func(r *http.Request)
		want, logged    string
		broken          bool
	}{
		"returns":       {"GET", "1.1", func(*http.Request) {}, whole, `"bytes":19`, false},
		"HTTP/1.0":      {"GET", "1.0", func(*http.Request) {}, whole, `"bytes":19`, false},
		"HEAD":          {"HEAD", "1.1", func(*http.Request) {}, "", `"method":"HEAD"`, false},
		"panics":        {"GET", "1.1", func(*http.Request) { panic("hunter2") }, whole, `"aborted":true`, true},
		"over its time": {"GET", "1.1", func(r *http.Request) { <-r.Context().Done() }, whole, `"bytes":19`, false},
		"given up":      {"GET", "1.1", func(*http.Request) { time.Sleep(2 * overrun.Grace) }, whole, `"aborted":true`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := start(t, serve.Config{Functions: []function.Function{waiting(50*time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "second\n")
				_, _ = io.WriteString(w, "")
				_ = http.NewResponseController(w).Flush()
				_, _ = io.WriteString(w, "third\n")
				tt.end(r)
			})}})
			conn, res := host.ask(t, tt.method, tt.version)
			text, err := io.ReadAll(res.Body)
			if string(text) != tt.want || (err != nil) != tt.broken {
				t.Errorf("got %q, %v", text, err)
			}
			if tt.method != "HEAD" {
				if n, err := conn.Read(make([]byte, 1)); !res.Close || n != 0 || err == nil {
					t.Errorf("the connection stays open: %v, %v", n, err)
				}
			}
			await.That(t, "it is logged", func() bool { return host.log.has("request") })
			if log := host.log.all(); strings.Count(log, `"requestId":"idle-1"`) < 1 || !strings.Contains(log, tt.logged) {
				t.Errorf("the log: %s", log)
			}
		})
	}
}

// TestIdleHangsUp wants a function to hear that the client of an idle answer hangs up.
func TestIdleHangsUp(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	host := start(t, serve.Config{Functions: []function.Function{waiting(time.Hour, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(over)
	})}})
	conn, _ := host.ask(t, "GET", "1.1")
	_ = conn.Close()
	<-over
	await.That(t, "it is logged", func() bool { return host.log.has("request") })
}

// TestIdleDrains wants a drain to wait for idle answers, as for others, but not for ever.
func TestIdleDrains(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limit time.Duration
		want  string
	}{"in time": {time.Hour, ""}, "too late": {time.Millisecond, "1 requests were cut"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := make(chan struct{})
			host := start(t, serve.Config{
				Server: config.Server{DrainTimeout: tt.limit},
				Functions: []function.Function{waiting(time.Hour, func(w http.ResponseWriter, _ *http.Request) {
					<-end
					_, _ = io.WriteString(w, "last\n")
				})},
			})
			_, res := host.ask(t, "GET", "1.1")
			host.stop()
			await.That(t, "it drains", func() bool { return host.log.has("draining") })
			if tt.want != "" {
				if err := <-host.stopped; err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Run: %v", err)
				}
				close(end)
				return
			}
			close(end)
			if text, err := io.ReadAll(res.Body); err != nil || string(text) != "first\nlast\n" {
				t.Errorf("got %q, %v", text, err)
			}
			if err := <-host.stopped; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
}

// TestRunLeavesNothing wants what a host has begun to end with it, also if a drain takes too long.
// The bubble says so if a goroutine stays.
func TestRunLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		over := false
		host, err := serve.New(serve.Config{
			Server: config.Server{DrainTimeout: time.Second},
			Functions: []function.Function{waiting(time.Hour, func(_ http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				over = true
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		l := newPipes(t)
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		go func() { stopped <- host.Run(ctx, l) }()
		ours, err := l.dial(ctx, "", "")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(ours, "GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n")
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		synctest.Wait()
		stop()
		if err := <-stopped; err == nil || !strings.Contains(err.Error(), "1 requests were cut") {
			t.Errorf("Run: %v", err)
		}
		synctest.Wait()
		if !over {
			t.Error("the function goes on")
			_ = ours.Close()
		}
	})
}

// maxIdle is what one idle answer may keep in the heap, in bytes; its share of the test included.
const maxIdle = 12 << 10

func TestMemoryOfIdle(t *testing.T) { //nolint:paralleltest // the heap is that of the whole process
	const n = 500
	t.Cleanup(func() { heap() }) // other tests count, too
	host := start(t, serve.Config{Functions: []function.Function{waiting(time.Hour, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})}})
	before := heap()
	first := make([]byte, 1<<10)
	for range n {
		conn := dial(t, host)
		defer conn.Close()
		fmt.Fprint(conn, "GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n")
		for read := ""; !strings.Contains(read, "first\n"); {
			m, err := conn.Read(first)
			if err != nil {
				t.Fatal(err)
			}
			read += string(first[:m])
		}
	}
	if each := (heap() - before) / n; each > maxIdle {
		t.Errorf("each keeps %d bytes, at most %d are wanted", each, maxIdle)
	} else {
		t.Logf("each keeps %d bytes", each)
	}
}

// TestAllocationsOfIdle wants an idle answer to leave nothing to be collected when it sends little.
func TestAllocationsOfIdle(t *testing.T) { //nolint:paralleltest // as above
	allocations := make(chan float64)
	host := start(t, serve.Config{Functions: []function.Function{waiting(time.Hour, func(w http.ResponseWriter, _ *http.Request) {
		beat := []byte("id: 1764500000.4294967296:4294967299:\n\n")
		allocations <- testing.AllocsPerRun(100, func() { _, _ = w.Write(beat) })
	})}})
	host.ask(t, "GET", "1.1")
	if n := <-allocations; n > 0 {
		t.Errorf("to write a heartbeat allocates %v times", n)
	}
}

// heap returns what is in use of the heap.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
