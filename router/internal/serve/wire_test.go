package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// byHand is what a program writes on net/http that answers as an empty page does here, and
// bounds its connections.
func byHand() *http.Server {
	var (
		sniff, referrer, frame = []string{"nosniff"}, []string{"strict-origin-when-cross-origin"}, []string{"DENY"}
		caching, id            = []string{"private, no-store"}, []string{"0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b"}
	)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"], h["Referrer-Policy"], h["X-Frame-Options"] = sniff, referrer, frame
		h["Cache-Control"], h["X-Request-Id"] = caching, id
		w.WriteHeader(http.StatusNoContent)
	})
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
	}
}

// client sends one request again and again on a connection, and allocates nothing.
type client struct {
	conn    net.Conn
	request []byte
	answer  []byte
}

// connect connects to what serves path. Its answers are all of one length.
func connect(t testing.TB, address, path string) *client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{conn: conn, request: []byte("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"), answer: make([]byte, 4096)}
	if _, err := conn.Write(c.request); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(c.answer)
	if err != nil || string(c.answer[:12]) != "HTTP/1.1 204" {
		t.Fatalf("%v: %s", err, c.answer[:n])
	}
	c.answer = c.answer[:n]
	return c
}

func (c *client) send() error {
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	_, err := io.ReadFull(c.conn, c.answer)
	return err
}

// serving returns clients of an empty page: of one that is written by hand on net/http, and of
// the host.
func serving(t testing.TB, path string) (hand, host *client) {
	t.Helper()
	listen := func() net.Listener {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	one, other, server := listen(), listen(), byHand()
	go func() { _ = server.Serve(one) }()
	t.Cleanup(func() { _ = server.Close() })
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	h := loggedHost(t)
	go func() { stopped <- h.Run(ctx, other) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return connect(t, one.Addr().String(), "/empty"), connect(t, other.Addr().String(), path)
}

// TestAllocationsOnConnection is TestAllocations with all that net/http does, and is done to it.
func TestAllocationsOnConnection(t *testing.T) { //nolint:paralleltest // others would be counted
	for path, most := range map[string]float64{"/empty": 2, "/api/empty": 3} {
		hand, host := serving(t, path)
		count := func(c *client) float64 {
			const n = 500
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range n {
				if err := c.send(); err != nil {
					t.Fatal(err)
				}
			}
			runtime.ReadMemStats(&after)
			return float64(after.Mallocs-before.Mallocs) / n
		}
		more, own := 1e9, 0.0
		for range 5 { // what else runs in this process may allocate, too
			own = count(hand)
			more = min(more, count(host)-own)
		}
		if t.Logf("%s: %.2f allocations more than the %.2f by hand", path, more, own); more > most+0.5 {
			t.Errorf("%s: %.2f allocations more than by hand, want at most %v", path, more, most)
		}
	}
}

// BenchmarkOnConnection compares the CPU that an empty page of the host takes, with its log and
// metrics, with that of one by hand that has none, in turns. The client's is in both.
func BenchmarkOnConnection(b *testing.B) {
	const turn = 200
	for _, path := range []string{"/empty", "/api/empty"} {
		b.Run(path[1:], func(b *testing.B) {
			hand, host := serving(b, path)
			var took [2]time.Duration
			for b.Loop() {
				for i, c := range []*client{hand, host} {
					begin := used(b)
					for range turn {
						if err := c.send(); err != nil {
							b.Fatal(err)
						}
					}
					took[i] += used(b) - begin
				}
			}
			each := float64(turn * b.N)
			b.ReportMetric(float64(took[0].Nanoseconds())/each, "hand-cpu-ns/request")
			b.ReportMetric(float64(took[1].Nanoseconds())/each, "host-cpu-ns/request")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// used returns the CPU that this process has used so far.
func used(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
