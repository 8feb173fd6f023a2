package serve_test

import (
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/metrics"
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
func benchmark(b *testing.B, h http.Handler, path string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("X-Railway-Request-Id", "r-1")
	w := &nowhere{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

// BenchmarkEmpty compares what the host adds to an empty endpoint and an empty
// page with the bare mux. Metrics add no allocation.
func BenchmarkEmpty(b *testing.B) {
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	functions := []function.Function{
		typed("api/empty", fn.Endpoint{Route: "GET /api/empty", Access: fn.Public}, endpoint.New(empty{})),
		page("pages/empty", "GET /empty", nothing),
		page("pages/file", "GET /files/{id}", nothing),
	}
	host, err := serve.New(serve.Config{Functions: functions})
	if err != nil {
		b.Fatal(err)
	}
	counts, err := metrics.New(slog.New(slog.DiscardHandler), "")
	if err != nil {
		b.Fatal(err)
	}
	measured, err := serve.New(serve.Config{Functions: functions, Server: open(), Metrics: counts})
	if err != nil {
		b.Fatal(err)
	}
	logged, err := serve.New(serve.Config{
		Functions: functions,
		Logger:    logger.New(io.Discard, config.Server{LogFormat: "json"}),
	})
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /empty", nothing)
	b.Run("endpoint", func(b *testing.B) { benchmark(b, host.Handler(), "/api/empty") })
	b.Run("page", func(b *testing.B) { benchmark(b, host.Handler(), "/empty") })
	b.Run("page with metrics", func(b *testing.B) { benchmark(b, measured.Handler(), "/empty") })
	b.Run("page with log", func(b *testing.B) { benchmark(b, logged.Handler(), "/empty") })
	b.Run("file with log", func(b *testing.B) { benchmark(b, logged.Handler(), "/files/0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b") })
	b.Run("mux", func(b *testing.B) { benchmark(b, mux, "/empty") })
}
