package dev

import (
	"context"
	"io"
	"net"
	"time"

	"switchyard/router/internal/generate"
)

// What the tests look at from outside the package.
type (
	Proxy         = proxy
	State         = state
	Addresses     = addresses
	BucketAddress = bucketAddress
	Changes       = changes
	Variable      = variable
	Releaser      = releaser
	Limiter       = limiter
	Letter        = letter
)

var (
	Environ     = environ
	ReadDotEnv  = readDotEnv
	OpenState   = openState
	Listen      = listen
	NewBackend  = newBackend
	Watch       = watch
	ProcessName = processName
	LocalPath   = localPath
	NewTerminal = newTerminal
	Failed      = failed
	Lookup      = lookup
	Origins     = origins
	OpenMailbox = openMailbox
)

func (s *state) Announce(url string) error        { return s.announce(url) }
func (s *state) WriteAddresses(a addresses) error { return s.writeAddresses(a) }
func (s *state) AuthSecret() string               { return s.kept.AuthSecret }
func (b *backend) Requests() int64                { return b.requests.Load() }

// NewProxy serves on a free port.
func NewProxy(ctx context.Context) (*proxy, error) {
	listeners, err := listen(ctx, 0, true)
	if err != nil {
		return nil, err
	}
	return newProxy(listeners, func() []step { return []step{{Name: "S3", State: "pending", Detail: "building"}} }), nil
}

func PortOf(l net.Listener) int { return portOf(l) }

// WatchParent returns a context that ends when alive says no.
func WatchParent(ctx context.Context, alive func() bool) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go watchParent(ctx, cancel, alive, time.Millisecond)
	return ctx
}

var ErrParentGone = errParentGone

// NewReleaser returns a releaser of the module in root that needs no servers.
// generator stands in for the one of the module.
func NewReleaser(root string, s *state, p *proxy, out io.Writer, env []string, generator func() (generate.Result, error)) *releaser {
	b := newBuilder(Config{Root: root, Env: env}, s, newTerminal(out, false))
	b.environment = func(context.Context) ([]string, error) { return env, nil }
	b.generate = func(context.Context, generate.Runner, bool) (generate.Result, error) { return generator() }
	return newReleaser(b, p, true)
}

func (r *releaser) Live() <-chan struct{} { return r.live }
