package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/logger"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

func nothing(http.ResponseWriter, *http.Request) {}

// TestLogHidesSecrets asks for paths with secrets in them, as mailed links have.
func TestLogHidesSecrets(t *testing.T) {
	t.Parallel()
	marked := page("pages/marked", "GET /by/{name}/{token}", nothing)
	marked.Spec = fn.Page{Route: "GET /by/{name}/{token}", Access: fn.Public, Logged: []string{"name"}}
	host := start(t, serve.Config{Functions: []function.Function{
		page("pages/share", "GET /share/{token}", nothing),
		page("pages/file", "/files/{id}/of/{userId}", nothing),
		page("pages/tree", "/api/auth/", nothing),
		page("pages/rest", "GET /rest/{path...}", nothing),
		page("pages/deep", "/deep/{token}/", nothing),
		page("pages/start", "GET /{$}", nothing),
		marked,
	}})
	const id, token = "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b", "cUBAkd0ZQ2xPmN7RsT4vWy1z"
	for i, tt := range []struct{ method, path, want string }{
		{"GET", "/share/" + token, "/share/{token}"},
		{"HEAD", "/share/" + id, "/share/{token}"},
		{"GET", "/share/123456", "/share/{token}"},
		{"POST", "/share/" + token, "/share/{…}"}, // 405
		{"GET", "/files/" + id + "/of/17", "/files/" + id + "/of/17"},
		{"PUT", "/files/" + id + "/of/" + token, "/files/" + id + "/of/{userId}"},
		{"GET", "/files/" + token + "/of/-1", "/files/{id}/of/{userId}"},
		{"GET", "/api/auth/sign-in/email", "/api/auth/sign-in/email"},
		{"GET", "/api/auth/reset-password/" + token + "?callbackURL=x", "/api/auth/reset-password/{…}"},
		{"GET", "/rest/a/" + token, "/rest/{path...}"},
		{"GET", "/deep/" + token + "/more/" + token, "/deep/{token}/more/{…}"},
		{"GET", "/", "/"},
		{"GET", "/by/ada/" + token, "/by/ada/{token}"},
		{"GET", "/by/" + token + "/" + token, "/by/{name}/{token}"},
		{"GET", "/api/auht/reset-password/" + token, "/api/auht/reset-password/{…}"},
		{"GET", "/deep/" + token, "/deep/{…}"}, // a redirect
		{"GET", "/api//auth/" + token, "/api//auth/{…}"},
	} {
		requestID := fmt.Sprint("r-", i)
		send(t, tt.method, host.url+tt.path, nil, "X-Request-Id: "+requestID, "Referer: https://a.example/"+token)
		got := host.log.line(t, requestID)
		if got["path"] != tt.want || got["method"] != tt.method {
			t.Errorf("%s %s: logged as %v %v, want %s", tt.method, tt.path, got["method"], got["path"], tt.want)
		}
	}
	if text := host.log.all(); strings.Contains(text, token) || strings.Contains(text, "123456") {
		t.Errorf("a secret is in the log:\n%s", text)
	}
}

func TestLoggedIsOfTheRoute(t *testing.T) {
	t.Parallel()
	f := page("pages/a", "GET /a/{b}", nothing)
	f.Spec = fn.Page{Route: "GET /a/{b}", Access: fn.Public, Logged: []string{"c"}}
	if _, err := serve.New(serve.Config{Functions: []function.Function{f}}); err == nil || !strings.Contains(err.Error(), "pages/a") {
		t.Errorf("got %v, want an error that names the function", err)
	}
}

// TestFloodsAreCounted refuses many requests: each is in the log, but not each in a line.
func TestFloodsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, floodsAreCounted) // there are so many lines a second
}

func floodsAreCounted(t *testing.T) {
	t.Helper()
	entered, leave := make(chan struct{}), make(chan struct{})
	narrow := page("pages/narrow", "GET /narrow", func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-leave })
	narrow.Spec = fn.Page{Route: "GET /narrow", Access: fn.Public, MaxConcurrent: 1}
	host, client := piped(t, serve.Config{Functions: []function.Function{narrow}})
	first := make(chan answered)
	go func() { first <- sendBy(t, client, "GET", host.url+"/narrow", nil) }()
	<-entered
	const clients, each = 200, 3 // at once, for each waits a little before it is refused
	const many = clients * each
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				if got := sendBy(t, client, "GET", host.url+"/narrow", nil); got.status != http.StatusServiceUnavailable {
					t.Errorf("got %d", got.status)
				}
			}
		})
	}
	all.Wait()
	close(leave)
	<-first
	host.stop()
	client.CloseIdleConnections()
	if err := <-host.stopped; err != nil {
		t.Fatal(err)
	}
	lines, counted := 0, 0
	for line := range strings.Lines(host.log.all()) {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if n, ok := got["count"].(float64); ok && got["outcome"] == "refused" && got["function"] == "pages/narrow" {
			counted += int(n)
		}
		if got["status"] == 503.0 {
			lines++
			if got["level"] != "WARN" {
				t.Errorf("level %v: it is no fault of ours", got["level"])
			}
		}
	}
	if lines+counted != many || counted == 0 {
		t.Errorf("%d lines and %d counted, want %d, most of them counted", lines, counted, many)
	}
}

// TestClientGoneInForm: a page answers a form that broke off as it likes, and nobody
// hears it; so it does if it asked something of which the client did not await the end.
func TestClientGoneInForm(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Server: open(), Functions: []function.Function{
		page("pages/form", "POST /form", func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}),
		page("pages/ask", "POST /ask", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			fn.Report(r.Context(), fmt.Errorf("query: %w", r.Context().Err()))
			w.WriteHeader(http.StatusInternalServerError)
		}),
	}})
	for path, body := range map[string]string{"form": "a=", "ask": "a=1234567"} {
		conn := dial(t, host)
		_, _ = fmt.Fprintf(conn, "POST /%s HTTP/1.1\r\nHost: x\r\nX-Request-Id: %[1]s\r\n"+
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n%s", path, body)
		_ = conn.Close()
		if got := host.log.line(t, path); got["status"] != 499.0 || got["level"] != "INFO" {
			t.Errorf("log: %v", got)
		}
		if n := scrape(t, host); n[requests("pages/"+path, "5xx")] != 0 || n[requests("pages/"+path, "4xx")] != 1 {
			t.Errorf("%s is counted as %v", path, n)
		}
	}
}

// says logs with the logger that functions have.
type says struct{ log *slog.Logger }

func (s says) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	s.log.InfoContext(ctx, "in the function", slog.Int("n", 1))
	return nil, nil
}

func TestFunctionLogs(t *testing.T) {
	t.Parallel()
	log := &logs{}
	own := logger.ForFunctions(slog.New(slog.NewJSONHandler(log, nil)))
	host := start(t, serve.Config{Functions: []function.Function{
		typed("api/says", fn.Endpoint{Route: "GET /api/says", Access: fn.Public}, endpoint.New(says{own})),
	}})
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	for i, tt := range []struct {
		parent string
		want   any
	}{
		{"00-" + trace + "-00f067aa0ba902b7-01", trace},
		{"cc-" + trace + "-00f067aa0ba902b7-01-what-comes-later", trace},
		{"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", nil},
		{"00-" + strings.ToUpper(trace) + "-00f067aa0ba902b7-01", nil},
		{trace, nil},
		{"", nil},
	} {
		id := fmt.Sprint("r-", i)
		send(t, "GET", host.url+"/api/says", nil, "X-Request-Id: "+id, "Traceparent: "+tt.parent)
		if got := log.line(t, id); got["function"] != "api/says" || got["traceId"] != tt.want || got["n"] != 1.0 {
			t.Errorf("%q: the function logged %v", tt.parent, got)
		}
		if got := host.log.line(t, id); got["traceId"] != tt.want {
			t.Errorf("%q: the host logged %v", tt.parent, got)
		}
	}
}
