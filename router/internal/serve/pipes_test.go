package serve_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"switchyard/router/internal/serve"
)

// pipes is a listener without a network: in a bubble of package synctest no time passes while anybody
// has something to do, so that a busy machine is as fast as any.
type pipes struct {
	conns  chan net.Conn
	closed context.Context //nolint:containedctx // it ends once, however often it is closed
	close  context.CancelFunc
}

func newPipes(t *testing.T) pipes {
	t.Helper()
	p := pipes{conns: make(chan net.Conn)}
	p.closed, p.close = context.WithCancel(t.Context())
	return p
}

// dial connects to who accepts.
func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed.Done():
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed.Done():
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { p.close(); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// piped is start for a bubble, and what reaches the host.
func piped(t *testing.T, c serve.Config) (*running, *http.Transport) {
	t.Helper()
	l := newPipes(t)
	host := startOn(t, c, l)
	host.url = "http://pipe"
	transport := &http.Transport{DialContext: l.dial, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections) // before the host stops
	return host, transport
}
