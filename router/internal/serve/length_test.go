package serve_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/router/wire/bind"
	"switchyard/shared/fn"
)

// long answers with a text of so many bytes, in quotes and a line.
type long struct{}

type longInput struct {
	Bytes int `query:"bytes"`
}

type longOutput struct{ Body string }

func (long) Handle(_ context.Context, in *longInput) (*longOutput, error) {
	return &longOutput{Body: strings.Repeat("x", in.Bytes-3)}, nil
}

// compiledLong is long with a binding like those that are generated.
func compiledLong() endpoint.Binding {
	return endpoint.Compiled(long{}, bind.Binding[longInput, longOutput]{
		Read: func(r *bind.Request, in *longInput) bool {
			text, _ := r.QueryValue("bytes")
			n, ok := bind.ParseInt(text, strconv.IntSize)
			in.Bytes = int(n)
			return ok
		},
		Write: func(w *bind.Writer, out *longOutput) { w.JSON(bind.AppendString(w.Buffer(), out.Body)) },
	})
}

func TestMaxAnswer(t *testing.T) {
	t.Parallel()
	limited := func(name string, h http.HandlerFunc) function.Function {
		f := page(name, "GET /"+name, h)
		f.Spec = fn.Page{Route: "GET /" + name, Access: fn.Public, MaxAnswer: 100_000}
		return f
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 100_001), 0o600); err != nil {
		t.Fatal(err)
	}
	host := start(t, serve.Config{Functions: []function.Function{
		typed("api/usual", fn.Endpoint{Route: "GET /usual", Access: fn.Public}, endpoint.New(long{})),
		typed("api/small", fn.Endpoint{Route: "GET /small", Access: fn.Public, MaxAnswer: 100}, endpoint.New(long{})),
		typed("api/tagged", fn.Endpoint{Route: "GET /tagged", Access: fn.Public, MaxAnswer: 100, ETag: true}, endpoint.New(long{})),
		typed("api/any", fn.Endpoint{Route: "GET /any", Access: fn.Public, MaxAnswer: -1}, endpoint.New(long{})),
		typed("api/compiled", fn.Endpoint{Route: "GET /compiled", Access: fn.Public, MaxAnswer: 100}, compiledLong()),
		typed("api/compiledTagged", fn.Endpoint{Route: "GET /compiledTagged", Access: fn.Public, MaxAnswer: 100, ETag: true}, compiledLong()),
		limited("short", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100_000)) }),
		limited("once", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100_001)) }),
		limited("told", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100001")
			_, _ = w.Write(make([]byte, 100_001))
		}),
		limited("stream", func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
			t.Error("the function does not hear of it")
		}),
		limited("file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }),
	}})
	for path, want := range map[string]struct {
		status int
		cut    bool
	}{
		"/small?bytes=100": {200, false}, "/small?bytes=101": {500, false},
		"/tagged?bytes=100": {200, false}, "/tagged?bytes=101": {500, false},
		"/compiled?bytes=100": {200, false}, "/compiled?bytes=101": {500, false},
		"/compiledTagged?bytes=100": {200, false}, "/compiledTagged?bytes=101": {500, false},
		"/usual?bytes=6291456": {200, false}, "/usual?bytes=6291457": {500, false},
		"/any?bytes=7000000": {200, false},
		"/short":             {200, false}, "/once": {500, false}, "/told": {500, false}, "/stream": {200, true}, "/file": {200, true},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", "identity")
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			_, err = io.Copy(io.Discard, res.Body)
			if res.StatusCode != want.status || (err != nil) != want.cut {
				t.Errorf("%d, %v, want %+v", res.StatusCode, err, want)
			}
			line := host.log.line(t, res.Header.Get("X-Request-Id"))
			text, _ := line["error"].(string)
			failed := want.cut || want.status == http.StatusInternalServerError
			if failed != (line["level"] == "ERROR") || failed != (strings.Contains(text, "MaxAnswer is 1") || strings.Contains(text, "MaxAnswer is 6291456")) {
				t.Errorf("logged as %v", line)
			}
		})
	}
}
