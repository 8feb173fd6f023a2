package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/answer"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/docs"
	"switchyard/router/internal/serve/metrics"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fn"
)

type echoInput struct {
	Body struct {
		Name string `json:"name" maxLength:"40"`
	}
}

type echoOutput struct {
	Body struct {
		Name      string `json:"name"`
		RequestID string `json:"requestId"`
	}
}

type echo struct{}

func (echo) Handle(ctx context.Context, in *echoInput) (*echoOutput, error) {
	out := &echoOutput{}
	out.Body.Name, out.Body.RequestID = in.Body.Name, answer.RequestID(ctx)
	return out, nil
}

type empty struct{}

func (empty) Handle(context.Context, *struct{}) (*struct{}, error) { return nil, nil }

// wait ends with its deadline.
type wait struct{}

func (wait) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// broken fails with a private cause.
type broken struct{}

func (broken) Handle(context.Context, *struct{}) (*struct{}, error) {
	return nil, errors.New("password hunter2")
}

// page returns a public page that h serves.
func page(name, route string, h http.HandlerFunc) function.Function {
	return function.Function{
		Name: name, Spec: fn.Page{Route: route, Access: fn.Public},
		Bind: func() any { return h },
	}
}

// typed returns a function that b binds.
func typed(name string, spec fn.Endpoint, b endpoint.Binding) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any { return b }}
}

func samples() []function.Function {
	return []function.Function{
		typed("api/echo", fn.Endpoint{Route: "POST /api/echo", Summary: "Echo", Access: fn.Public, MaxBody: 100}, endpoint.New(echo{})),
		typed("api/empty", fn.Endpoint{Route: "GET /api/empty", Summary: "Nothing", Access: fn.Public}, endpoint.New(empty{})),
		typed("api/closed", fn.Endpoint{Route: "POST /api/closed/{id}", Summary: "Closed"}, endpoint.New(empty{})),
		typed("api/machine", fn.Endpoint{Route: "GET /api/machine", Summary: "Machine", Access: fn.Service}, endpoint.New(empty{})),
		typed("api/wait", fn.Endpoint{Route: "GET /api/wait", Summary: "Wait", Access: fn.Public, Timeout: 20 * time.Millisecond}, endpoint.New(wait{})),
		typed("api/broken", fn.Endpoint{Route: "GET /api/broken", Summary: "Broken", Access: fn.Public}, endpoint.New(broken{})),
		typed("api/slow", fn.Endpoint{Route: "POST /api/slow", Summary: "Slow", Access: fn.Public, Timeout: 50 * time.Millisecond}, endpoint.New(echo{})),
		page("pages/hello", "GET /hello", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			_, _ = io.WriteString(w, "hello")
		}),
		page("pages/folder", "GET /folder/{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "folder") }),
		page("pages/panic", "GET /panic", func(http.ResponseWriter, *http.Request) { panic("hunter2") }),
		page("pages/panic-late", "GET /panic-late", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic("hunter2")
		}),
		page("pages/abort", "GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		page("pages/copy", "POST /copy", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }),
		{
			Name: "pages/mute", Spec: fn.Page{Route: "GET /mute", Access: fn.Public, Timeout: 20 * time.Millisecond},
			Bind: func() any {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			},
		},
	}
}

// running is a host that serves on a real listener.
type running struct {
	url, addr string
	listener  net.Listener
	log       *logs
	stop      context.CancelFunc // what SIGTERM does
	stopped   <-chan error       // gets what Run returned
}

// start runs a host of c until the test ends.
func start(t *testing.T, c serve.Config) *running {
	t.Helper()
	return startOn(t, c, listen(t))
}

// startOn runs a host of c on l until the test ends.
func startOn(t *testing.T, c serve.Config, l net.Listener) *running {
	t.Helper()
	log := &logs{}
	c.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Project = fn.Project{Name: "shop", Title: "Shop"}
	c.Users, c.Machines, c.Docs = people{}, machines{}, docs.Pages
	if c.Overrun == nil {
		c.Overrun = &overrun.Set{}
	}
	if c.Server.MetricsToken != "" {
		var err error
		if c.Metrics, err = metrics.New(c.Logger, c.Project.Name, c.Version, c.Overrun); err != nil {
			t.Fatal(err)
		}
	}
	if c.Server.DrainTimeout == 0 {
		c.Server.DrainTimeout = time.Minute
	}
	host, err := serve.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		stopped <- host.Run(ctx, l)
	}()
	t.Cleanup(func() {
		cancel()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections() // or the drain waits for us to let go
		<-ended
	})
	addr := l.Addr().String()
	return &running{url: "http://" + addr, addr: addr, listener: l, log: log, stop: cancel, stopped: stopped}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func dial(t *testing.T, host *running) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", host.addr)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// answered is a whole answer.
type answered struct {
	status int
	header http.Header
	body   string
	close  bool // the connection, after it
}

func (a answered) problem(t *testing.T) answer.Problem {
	t.Helper()
	var p answer.Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("no problem document: %v in %q", err, a.body)
	}
	if got := a.header.Get("Content-Type"); got != answer.ContentType {
		t.Errorf("Content-Type = %q", got)
	}
	return p
}

// send sends a request; headers are "Name: value".
func send(t *testing.T, method, url string, body io.Reader, headers ...string) answered {
	t.Helper()
	return sendBy(t, http.DefaultTransport, method, url, body, headers...)
}

func sendBy(t *testing.T, transport http.RoundTripper, method, url string, body io.Reader, headers ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Add(name, value); name == "Host" {
			r.Host = value
		}
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{res.StatusCode, res.Header, string(text), res.Close}
}

// logs keeps what is logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// line returns the request's line, once it is there: it is written after the answer.
func (l *logs) line(t *testing.T, requestID string) map[string]any {
	t.Helper()
	var got map[string]any
	await.That(t, "there is a line about the request "+requestID, func() bool {
		l.mu.Lock()
		text := l.text.String()
		l.mu.Unlock()
		for line := range strings.Lines(text) {
			got = nil
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			if got["requestId"] == requestID {
				return true
			}
		}
		return false
	})
	return got
}

// all returns what was logged so far.
func (l *logs) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// has reports whether something with this message was logged.
func (l *logs) has(msg string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), `"msg":"`+msg+`"`)
}
