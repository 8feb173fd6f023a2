package accesslog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/logger"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/shared/config"
)

// odd are texts that JSON has to escape, that the log cuts, or in which there may be a secret.
func odd() []string {
	return []string{
		"", "r-1", "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b", "a\"b", `a\b`, "a\nb\r\t", "a\x00b", "\x7f", "a\x1fb", "é", "日本🙂",
		"\xff", "a\xc3", "\u2028\u2029", "<&>", "\\u0041", "a://b/cUBAkd0ZQ2xPmN7RsT4", "x://user:secret@host/p?q", strings.Repeat("a", 300),
		strings.Repeat("b", 9000), "{…}", " ", "~", `"}`,
	}
}

// asSlog is the line as slog alone makes it.
func asSlog(l *slog.Logger, req *http.Request, method, path string, x *accesslog.Line) {
	attrs := []slog.Attr{slog.String("function", "api/x")}
	rest := []slog.Attr{
		slog.Int("status", x.Status), slog.Int64("bytes", x.Bytes), slog.Int64("us", x.Took.Microseconds()),
		slog.String("requestId", x.RequestID), slog.String("ip", x.IP),
	}
	if !strings.Contains(path, "{") {
		attrs = append(attrs, slog.String("path", path))
	}
	if req.Method == method {
		attrs = append(attrs, slog.String("method", method))
	} else if req.Method != "" {
		rest = append(rest, slog.String("method", req.Method))
	}
	if strings.Contains(path, "{") {
		rest = append(rest, slog.String("path", req.URL.Path))
	}
	if x.TraceID != "" {
		rest = append(rest, slog.String("traceId", x.TraceID))
	}
	record := slog.NewRecord(x.End, x.Level, "request", 0)
	record.AddAttrs(append(append(attrs, rest...), x.More...)...)
	_ = l.Handler().Handle(req.Context(), record)
}

// TestLine writes lines of all that is odd, and wants what slog writes.
func TestLine(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("east", 5*3600+1800)
	ends := []time.Time{
		time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 0, zone), time.Now(),
		time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(2026, 12, 31, 23, 59, 59, 999_999_999, zone),
	}
	levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError, 2, -7, 100}
	more := [][]slog.Attr{nil, {slog.String("fault", "internal"), slog.String("error", "a\"\xff")}, {slog.Bool("aborted", true)}}
	var got, want bytes.Buffer
	odd := odd()
	c := config.Server{LogFormat: "json", LogLevel: slog.LevelDebug - 10}
	for name, with := range map[string]func(*slog.Logger) *slog.Logger{
		"plain":         func(l *slog.Logger) *slog.Logger { return l },
		"apart":         func(l *slog.Logger) *slog.Logger { return l.With("apart", `jobs/"**`) },
		"a group":       func(l *slog.Logger) *slog.Logger { return l.With("n", 1).WithGroup("g") },
		"attrs of JSON": func(l *slog.Logger) *slog.Logger { return l.With("list", []int{1}, slog.Group("g", "a", 1)) },
	} {
		ours, theirs := with(logger.New(&got, c)), with(logger.New(&want, c))
		for _, pattern := range []string{"GET /x", "POST /x/{id}", "/x/{$}", "GET /\"odd\"/ü"} {
			method, path, found := strings.Cut(pattern, " ")
			if !found {
				method, path = "", pattern
			}
			route := accesslog.New(ours.Handler(), "api/x", pattern, nil, &accesslog.Budget{})
			for i, text := range odd {
				for j := range odd {
					x := &accesslog.Line{
						End: ends[(i+j)%len(ends)], Level: levels[(i*3+j)%len(levels)], Status: i * j, Bytes: int64(j) << (2 * i), Took: time.Duration(i*i*j) * 12345,
						RequestID: text, IP: odd[j], TraceID: odd[(i+j)%len(odd)], More: more[(i+2*j)%len(more)],
					}
					req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x/17", nil)
					req.SetPathValue("id", "17")
					req.Method = []string{"GET", "POST", "HEAD", text, "GET"}[j%5]
					if req.Method == "" {
						req.Method = "PUT"
					}
					got.Reset()
					want.Reset()
					route.Write(req, x)
					asSlog(theirs, req, method, strings.TrimSuffix(path, "{$}"), x)
					if got.String() != want.String() || !json.Valid(got.Bytes()) {
						t.Fatalf("%s, %s: %+v\n got %s\nwant %s", name, pattern, x, got.String(), want.String())
					}
				}
			}
		}
	}
}

// TestLineIsMade: a usual line is made without slog, and so without an allocation.
func TestLineIsMade(t *testing.T) { //nolint:paralleltest // others would be counted
	out := logger.NewBatch(discard{}, config.Server{LogFormat: "json"})
	defer out.Close()
	route := accesslog.New(logger.New(out, config.Server{}).Handler(), "api/x", "GET /x", nil, &accesslog.Budget{})
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
	x := &accesslog.Line{End: time.Now(), Status: 200, RequestID: "r-1", IP: "192.0.2.1", TraceID: fmt.Sprintf("%032x", 1)}
	if n := testing.AllocsPerRun(2000, func() { route.Write(req, x) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkLine compares a line that is made here with the same of slog.
func BenchmarkLine(b *testing.B) {
	c := config.Server{LogFormat: "json"}
	out := logger.NewBatch(discard{}, c)
	defer out.Close()
	log := logger.New(out, c)
	route := accesslog.New(log.Handler(), "api/x", "GET /x", nil, &accesslog.Budget{})
	req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/x", nil)
	x := &accesslog.Line{End: time.Now(), Status: 200, RequestID: "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b", IP: "192.0.2.1"}
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			route.Write(req, x)
		}
	})
	b.Run("slog", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			asSlog(log, req, "GET", "/x", x)
		}
	})
}
