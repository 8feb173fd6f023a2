package serve_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/metrics"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// nowhere is a connection that takes everything and costs nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header              { return n.header }
func (n *nowhere) Write(p []byte) (int, error)      { return len(p), nil }
func (n *nowhere) WriteHeader(int)                  {}
func (n *nowhere) SetReadDeadline(time.Time) error  { return nil }
func (n *nowhere) SetWriteDeadline(time.Time) error { return nil }

// Hijack implements [http.Hijacker], as the writers of HTTP/1 do.
func (n *nowhere) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func asked(t testing.TB, path string) (*http.Request, *nowhere) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("X-Railway-Request-Id", "r-1")
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	return r, &nowhere{header: http.Header{}}
}

func benchmark(b *testing.B, h http.Handler, path string) {
	b.Helper()
	r, w := asked(b, path)
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

type ping struct{}

type pong struct {
	Body struct {
		OK   bool   `json:"ok"`
		Name string `json:"name"`
	}
}

func (ping) Handle(context.Context, *struct{}) (*pong, error) {
	out := &pong{}
	out.Body.OK, out.Body.Name = true, "pong"
	return out, nil
}

// BenchmarkEmpty compares what the host adds to an empty endpoint and an empty
// page with the bare mux. Metrics add no allocation.
func BenchmarkEmpty(b *testing.B) {
	functions := []function.Function{
		typed("api/empty", fn.Endpoint{Route: "GET /api/empty", Access: fn.Public}, endpoint.New(empty{})),
		typed("api/ping", fn.Endpoint{Route: "GET /api/ping", Access: fn.Public}, endpoint.New(ping{})),
		page("pages/empty", "GET /empty", noContent),
		page("pages/file", "GET /files/{id}", noContent),
		page("pages/limited", "GET /limited", noContent),
	}
	functions[4].Spec = fn.Page{Route: "GET /limited", Access: fn.Public, RateLimit: fn.Rate{Limit: 1_000_000, Per: time.Second}}
	host, err := serve.New(serve.Config{Functions: functions, Overrun: &overrun.Set{}})
	if err != nil {
		b.Fatal(err)
	}
	counts, err := metrics.New(slog.New(slog.DiscardHandler), "", "")
	if err != nil {
		b.Fatal(err)
	}
	measured, err := serve.New(serve.Config{Functions: functions, Server: open(), Metrics: counts, Overrun: &overrun.Set{}})
	if err != nil {
		b.Fatal(err)
	}
	logged, err := serve.New(serve.Config{
		Functions: functions,
		Overrun:   &overrun.Set{},
		Logger:    logger.New(io.Discard, config.Server{LogFormat: "json"}),
	})
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /empty", noContent)
	b.Run("endpoint", func(b *testing.B) { benchmark(b, host.Handler(), "/api/empty") })
	b.Run("endpoint with JSON", func(b *testing.B) { benchmark(b, host.Handler(), "/api/ping") })
	b.Run("page", func(b *testing.B) { benchmark(b, host.Handler(), "/empty") })
	b.Run("page with a rate", func(b *testing.B) { benchmark(b, host.Handler(), "/limited") })
	b.Run("page with metrics", func(b *testing.B) { benchmark(b, measured.Handler(), "/empty") })
	b.Run("page with log", func(b *testing.B) { benchmark(b, logged.Handler(), "/empty") })
	b.Run("file with log", func(b *testing.B) { benchmark(b, logged.Handler(), "/files/0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b") })
	b.Run("mux", func(b *testing.B) { benchmark(b, mux, "/empty") })
}

// order is a typed call with something of everything.
type order struct{}

type orderInput struct {
	Shop  string `path:"shop" maxLength:"40"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Trace string `header:"X-Trace"`
	Body  struct {
		Customer string `json:"customer" minLength:"1" maxLength:"80"`
		Note     string `json:"note,omitempty"`
		Lines    []struct {
			Article string  `json:"article" maxLength:"40"`
			Count   int     `json:"count" minimum:"1"`
			Price   float64 `json:"price" minimum:"0"`
		} `json:"lines"`
	}
}

type orderOutput struct {
	Body struct {
		ID    string  `json:"id"`
		Total float64 `json:"total"`
	}
}

func (order) Handle(_ context.Context, in *orderInput) (*orderOutput, error) {
	out := &orderOutput{}
	out.Body.ID = in.Shop
	for _, l := range in.Body.Lines {
		out.Body.Total += float64(l.Count) * l.Price
	}
	return out, nil
}

// BenchmarkTyped is a call that decodes, validates and encodes JSON.
func BenchmarkTyped(b *testing.B) {
	host, err := serve.New(serve.Config{Functions: []function.Function{
		typed("api/order", fn.Endpoint{Route: "POST /api/{shop}/orders", Access: fn.Public}, endpoint.New(order{})),
	}})
	if err != nil {
		b.Fatal(err)
	}
	body := strings.NewReader(`{"customer":"Ada Lovelace","lines":[{"article":"pen","count":2,"price":1.5},{"article":"paper","count":500,"price":0.01}]}`)
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/api/shop/orders?limit=50", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", "application/json")
	w := &nowhere{header: http.Header{}}
	h := host.Handler()
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		_, _ = body.Seek(0, io.SeekStart)
		r.Body, r.ContentLength = io.NopCloser(body), body.Size()
		h.ServeHTTP(w, r)
	}
}

// TestAllocations wants what stands before an empty function to allocate no more than this for
// a request: with a log, metrics, and a request that has no id yet.
func TestAllocations(t *testing.T) { //nolint:paralleltest // others would be counted
	const page, endpoint = 2, 3
	mux, host := http.NewServeMux(), loggedHost(t)
	mux.HandleFunc("GET /empty", noContent)
	bare := allocations(t, mux, "/empty")
	for path, most := range map[string]float64{"/empty": page, "/api/empty": endpoint} {
		n := allocations(t, host.Handler(), path) - bare
		if t.Logf("%s: %v allocations", path, n); n > most {
			t.Errorf("the host adds %v allocations to a request of %s, want at most %v", n, path, most)
		}
	}
}

func allocations(t *testing.T, h http.Handler, path string) float64 {
	t.Helper()
	r, w := asked(t, path)
	delete(r.Header, "X-Railway-Request-Id")
	return testing.AllocsPerRun(1000, func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	})
}

// loggedHost returns a host of empty functions, with all that a host has in production.
func loggedHost(t testing.TB) *serve.Host {
	t.Helper()
	counts, err := metrics.New(slog.New(slog.DiscardHandler), "", "")
	if err != nil {
		t.Fatal(err)
	}
	c := config.Server{LogFormat: "json"}
	out := logger.NewBatch(io.Discard, c)
	t.Cleanup(func() { _ = out.Close() })
	host, err := serve.New(serve.Config{
		Functions: []function.Function{
			page("pages/empty", "GET /empty", noContent),
			typed("api/empty", fn.Endpoint{Route: "GET /api/empty", Access: fn.Public}, endpoint.New(empty{})),
		},
		Metrics: counts,
		Overrun: &overrun.Set{},
		Logger:  logger.New(out, c),
	})
	if err != nil {
		t.Fatal(err)
	}
	return host
}

// BenchmarkRefused is a call that finds no place, nor time to wait for one.
func BenchmarkRefused(b *testing.B) {
	entered, leave := make(chan struct{}), make(chan struct{})
	full := page("pages/full", "GET /full", func(http.ResponseWriter, *http.Request) { close(entered); <-leave })
	full.Spec = fn.Page{Route: "GET /full", Access: fn.Public, MaxConcurrent: 1, Timeout: time.Nanosecond}
	host, err := serve.New(serve.Config{
		Functions: []function.Function{full}, Logger: logger.New(io.Discard, config.Server{LogFormat: "json"}),
	})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "/full", nil)
		host.Handler().ServeHTTP(&nowhere{header: http.Header{}}, r)
	}()
	<-entered
	benchmark(b, host.Handler(), "/full")
	close(leave)
	<-done
}
