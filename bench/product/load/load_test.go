package load_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/bench/product/load"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var asked, bad atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/long": // in chunks
			_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
		case "/echo":
			text, _ := io.ReadAll(r.Body)
			if string(text) != "{}" || r.Header.Get("Cookie") != "a=b" {
				bad.Add(1)
			}
			_, _ = w.Write(text)
		case "/last":
			w.Header().Set("Connection", "close")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()
	good := [][]byte{load.Request("GET", "/long", ""), load.Request("POST", "/echo", "{}", "Cookie: a=b"), load.Request("GET", "/last", "")}
	r, err := load.Run(t.Context(), addr, good, 4, 200*time.Millisecond)
	if err != nil || r.Errors > 0 || bad.Load() > 0 {
		t.Fatal(r, err, bad.Load())
	}
	if int64(r.Requests) != asked.Load() || r.P50 <= 0 || r.P99 < r.P50 {
		t.Errorf("%+v, and the server was asked %d times", r, asked.Load())
	}
	mixed := append(slices.Clone(good), load.Request("GET", "/nothing", ""))
	if r, err := load.Run(t.Context(), addr, mixed, 1, 50*time.Millisecond); err != nil || r.Errors == 0 || r.First == nil {
		t.Errorf("a status of 404 is no error: %+v, %v", r, err)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	addr := server.Listener.Addr().String()
	server.Close()
	if _, err := load.Run(t.Context(), addr, [][]byte{load.Request("GET", "/", "")}, 2, 20*time.Millisecond); err == nil {
		t.Error("a server that is not there was measured")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := load.Run(ctx, addr, [][]byte{load.Request("GET", "/", "")}, 2, time.Minute); err == nil {
		t.Error("a run that was ended says that it was not")
	}
}
