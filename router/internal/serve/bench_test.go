package serve_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
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
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	w := &nowhere{header: http.Header{}}
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
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	functions := []function.Function{
		typed("api/empty", fn.Endpoint{Route: "GET /api/empty", Access: fn.Public}, endpoint.New(empty{})),
		typed("api/ping", fn.Endpoint{Route: "GET /api/ping", Access: fn.Public}, endpoint.New(ping{})),
		page("pages/empty", "GET /empty", nothing),
		page("pages/file", "GET /files/{id}", nothing),
	}
	host, err := serve.New(serve.Config{Functions: functions})
	if err != nil {
		b.Fatal(err)
	}
	counts, err := metrics.New(slog.New(slog.DiscardHandler), "", "")
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
	b.Run("endpoint with JSON", func(b *testing.B) { benchmark(b, host.Handler(), "/api/ping") })
	b.Run("page", func(b *testing.B) { benchmark(b, host.Handler(), "/empty") })
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
