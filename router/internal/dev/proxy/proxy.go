// Package proxy is the address of the app in development: it stays while the apps behind it
// come and go, and shows people what went wrong.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"switchyard/router/internal/dev/terminal"
)

// Proxy answers at the public address.
type Proxy struct {
	listeners []net.Listener
	server    *http.Server
	steps     func() []terminal.Step

	mu      sync.Mutex
	current *Backend
	failure *terminal.ReleaseError
}

// Backend is one running app as the proxy sees it.
type Backend struct {
	handler  http.Handler
	requests atomic.Int64 // now being answered
}

// Listen takes the public port on this machine's own addresses only. If the port
// is busy and not fixed, the next free one is taken. Port 0 is any free port.
func Listen(ctx context.Context, port int, fixed bool) ([]net.Listener, error) {
	const tries = 50
	for i := range tries {
		try := port
		if port != 0 {
			try += i
		}
		listeners, err := listenOn(ctx, try)
		switch {
		case err == nil:
			return listeners, nil
		case !errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("listen for the page: %w", err)
		case fixed && port != 0:
			return nil, fmt.Errorf("port %d is busy: stop what is using it, or choose another with --port (0 takes any free one)", port)
		}
	}
	return nil, fmt.Errorf("ports %d to %d are busy: choose another with --port (0 takes any free one)", port, port+tries-1)
}

// listenOn takes port on 127.0.0.1 and, where there is IPv6, on [::1]: a browser
// asks either when told "localhost".
func listenOn(ctx context.Context, port int) ([]net.Listener, error) {
	if port != 0 && answers(ctx, port) { // macOS would share it with a server on all addresses
		return nil, syscall.EADDRINUSE
	}
	var lc net.ListenConfig
	v4, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	v6, err := lc.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(PortOf(v4))))
	switch {
	case err == nil:
		return []net.Listener{v4, v6}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errors.Join(err, v4.Close())
	default: // no IPv6 here
		return []net.Listener{v4}, nil
	}
}

func answers(ctx context.Context, port int) bool {
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// PortOf returns the port of a listener.
func PortOf(l net.Listener) int {
	address, _ := l.Addr().(*net.TCPAddr)
	return address.Port
}

// New serves on listeners; steps says how far the start has come.
func New(listeners []net.Listener, steps func() []terminal.Step) *Proxy {
	p := &Proxy{listeners: listeners, steps: steps}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	for _, l := range listeners {
		go p.server.Serve(l) //nolint:errcheck // ErrServerClosed, after Close
	}
	return p
}

// Port returns the public port.
func (p *Proxy) Port() int { return PortOf(p.listeners[0]) }

// URL returns the public URL.
func (p *Proxy) URL() string { return "http://127.0.0.1:" + strconv.Itoa(p.Port()) }

// Close stops answering, at once.
func (p *Proxy) Close() error { return p.server.Close() }

// Switch lets b answer from now on.
func (p *Proxy) Switch(b *Backend) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = b
}

// Gone stops b from answering, if it still does.
func (p *Proxy) Gone(b *Backend) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == b {
		p.current = nil
	}
}

// Fail shows f to people instead of the app, until Fail(nil); programs still
// reach the app.
func (p *Proxy) Fail(f *terminal.ReleaseError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure = f
}

// Failure returns what is shown now, or nil.
func (p *Proxy) Failure() *terminal.ReleaseError {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failure
}

// take returns who answers a request. The request counts as the backend's before
// a Switch can come in between.
func (p *Proxy) take() (*Backend, *terminal.ReleaseError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.requests.Add(1)
	}
	return p.current, p.failure
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, ownPath) {
		p.serveOwn(w, r)
		return
	}
	b, f := p.take()
	if b == nil && isStep(r) {
		b, f = p.await(r.Context())
	}
	if b != nil {
		defer b.requests.Add(-1)
	}
	switch {
	case f != nil && isNavigation(r) && (b == nil || !wantsLastGood(r, f)):
		writeFailure(w, r, f, b != nil) //nolint:contextcheck // the context is what Render is given
	case b == nil:
		p.writeStarting(w, r, f) //nolint:contextcheck // the same
	default:
		b.handler.ServeHTTP(w, r)
	}
}

// Serves reports whether an app answers.
func (p *Proxy) Serves() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current != nil
}

// isStep reports whether Inngest calls for a step of a run. That call waits for the app: each
// that fails uses up one of the run's tries, and they are soon gone while an app is built.
func isStep(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("fnId") }

// await is take when an app answers. If ctx ends before, there is none.
func (p *Proxy) await(ctx context.Context) (*Backend, *terminal.ReleaseError) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, nil
		case <-tick.C:
		}
		if b, f := p.take(); b != nil {
			return b, f
		}
	}
}

// isNavigation reports whether a person is waiting for a page, rather than a
// program for an answer.
func isNavigation(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return r.Method == http.MethodGet && (mode == "" || mode == "navigate") &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// NewBackend returns the app that listens on a port of this machine.
func NewBackend(port int) *Backend {
	target := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	return &Backend{handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // also what Go would not parse
			r.SetXForwarded()
		},
		Transport: &http.Transport{
			Proxy:               nil, // never through HTTP_PROXY
			DisableCompression:  true,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     30 * time.Second,
		},
		FlushInterval: -1, // streams reach the browser as they come
		ErrorHandler:  unreachable,
		ErrorLog:      slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // unreachable answers
	}}
}

// Idle waits until b answers nobody, at most d, and reports whether that came:
// long streams are cut by the app.
func (b *Backend) Idle(ctx context.Context, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for b.requests.Load() > 0 {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}
