// Package outgoing calls URLs that users give, such as those of webhooks, without letting
// them reach what is private.
//
// A call goes to the public Internet alone, over HTTPS. The client checks an address at the
// moment when it dials it, whatever name led to it. So neither a name that changes nor an
// unusual way to write an address leads to a private one. It does not follow redirects, and
// uses no proxy of the environment. Answers are bounded in time and in bytes.
package outgoing

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"switchyard/shared/config"
	"switchyard/shared/fault"
)

// Bounds of a call.
const (
	Timeout    = 15 * time.Second // from the look-up of the name to the last byte of the answer
	MaxBody    = 64 << 10         // bytes of an answer's body; what follows is not read
	maxHeader  = 16 << 10         // bytes of an answer's header
	maxAtOnce  = 64               // calls of one process; others wait, as part of their time
	connecting = 5 * time.Second  // for a connection, and again for TLS
)

// Client makes calls. It is safe for concurrent use.
type Client struct {
	allowed config.Networks
	http    *http.Client
	places  chan struct{}
}

// Open returns a client that reaches the public Internet, and what c allows.
func Open(_ context.Context, c config.Outgoing) (*Client, error) {
	return newClient(c.Allowed, nil), nil
}

// newClient returns a client that asks resolver for addresses; nil is that of the system.
func newClient(allowed config.Networks, resolver *net.Resolver) *Client {
	public := guard()
	inside := func(address string) bool {
		at, err := netip.ParseAddrPort(address)
		return err == nil && allowed.Contain(at.Addr())
	}
	secure := transport(resolver, func(_ context.Context, network, address string, c syscall.RawConn) error {
		if inside(address) {
			return nil
		}
		return public.Safe(network, address, c)
	})
	plain := transport(resolver, func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if inside(address) {
			return nil
		}
		return ssrf.ErrProhibitedIP
	})
	return &Client{
		allowed: allowed,
		places:  make(chan struct{}, maxAtOnce),
		http: &http.Client{
			Transport:     byScheme{"https": secure, "http": plain},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// guard returns what tells public addresses from others, by IANA's registries of special
// ones. Azure answers its machines at one that is public: with what they are and may.
func guard() *ssrf.Guardian {
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix("168.63.129.16/32")))
}

type control func(ctx context.Context, network, address string, c syscall.RawConn) error

// transport returns one that asks allow for each address that it dials. It keeps no
// connection: each is looked at.
func transport(resolver *net.Resolver, allow control) *http.Transport {
	dialer := &net.Dialer{Timeout: connecting, Resolver: resolver, ControlContext: allow}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    connecting,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// byScheme has a transport for each scheme.
type byScheme map[string]*http.Transport

// RoundTrip implements http.RoundTripper.
func (b byScheme) RoundTrip(r *http.Request) (*http.Response, error) {
	return b[r.URL.Scheme].RoundTrip(r) //nolint:wrapcheck // the client wraps it
}

// Answer is what the other side has answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // its first MaxBody bytes
}

// ErrBusy is the cause of the error if a call was not made because this process makes as many
// calls as it may already.
var ErrBusy = errors.New("all places for calls are taken")

// Do sends r and returns the answer, whatever its status. It fails with fault.Invalid if the URL
// of r may not be called, see [Client.Check], or leads to an address that may not be reached.
// It fails with fault.Unavailable if there is no answer, because of [ErrBusy] or because of the
// other side. The error's message says nothing that the user of the URL may not know; its
// cause is for the log.
func (c *Client) Do(r *http.Request) (Answer, error) {
	if err := c.check(r.URL); err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), Timeout)
	defer cancel()
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return Answer{}, fault.New(fault.Unavailable, "Too many calls go on at once.").Because(errors.Join(ErrBusy, ctx.Err()))
	}
	resp, err := c.http.Do(r.WithContext(ctx))
	if err != nil {
		return Answer{}, explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody))
	if err != nil {
		return Answer{}, explain(err)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}
