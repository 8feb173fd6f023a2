// Package remote sends the calls of functions that run elsewhere to where they run:
// those that SWITCHYARD_REMOTE names.
//
// The router stays in front. It has their routes, admits who calls, bounds what a call
// may use, logs and counts; in place of the function stands a proxy that says who calls
// by a token of package shared/auth/caller. What admitted the caller stays here: the
// cookies of the session, the machine's key. So does what ends a stream before its time:
// the end of its session, and of this router.
package remote

import (
	"context"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/router/internal/function"
	"switchyard/shared/auth/caller"
	"switchyard/shared/config"
)

// Config has the parts of a [Forwarder].
type Config struct {
	config.Remote

	// Catalog are the functions that there are, with all that they need, though it need
	// not be open.
	Catalog []function.Function
}

// Forwarder sends calls on. Make one with [Open].
type Forwarder struct {
	proxies   map[string]*proxy
	local     bool // whether what cannot be reached runs here
	transport *http.Transport
	sent      *prometheus.CounterVec
	streams   *streams
}

// Open returns the forwarder to the functions that c names. It connects nowhere.
func Open(ctx context.Context, c Config) (*Forwarder, error) {
	signer, err := caller.Open(ctx, c.Caller)
	if err != nil {
		return nil, err
	}
	f := &Forwarder{
		proxies:   map[string]*proxy{},
		local:     c.Fallback == config.FallbackLocal,
		transport: newTransport(),
		streams:   &streams{all: map[*stream]struct{}{}},
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_remote_requests_total",
			Help: "Requests to functions that run elsewhere: answered there, broken off, refused because who calls was not believed, unreachable, or run here because of that (local).",
		}, []string{"function", "result"}),
	}
	for _, one := range c.Catalog {
		if base := c.Functions[one.Name]; base != nil && !one.Info().Kind.Durable() {
			way := Way{Base: base, Signer: signer, Trust: c.Trust(), Transport: f.transport, Sent: f.sent, streams: f.streams}
			f.proxies[one.Name] = way.proxy(one)
		}
	}
	return f, nil
}

// Remote returns what sends on the calls of each function that runs elsewhere, given
// what would serve them here.
func (f *Forwarder) Remote() map[string]func(local http.Handler) http.Handler {
	all := map[string]func(local http.Handler) http.Handler{}
	for name, p := range f.proxies {
		all[name] = func(local http.Handler) http.Handler {
			if !f.local {
				local = nil
			}
			return p.handler(local)
		}
	}
	return all
}

// Collectors returns the counts.
func (f *Forwarder) Collectors() []prometheus.Collector { return []prometheus.Collector{f.sent} }

// Close lets go of connections that nobody uses.
func (f *Forwarder) Close() error {
	f.transport.CloseIdleConnections()
	return nil
}

// Here returns functions with what this process needs for them: one that runs elsewhere
// needs what admits its callers, and no more unless it may have to run here. A job never
// has to: Inngest calls it where it runs.
func Here(functions []function.Function, c config.Remote) []function.Function {
	here := make([]function.Function, len(functions))
	for i, f := range functions {
		if c.Functions[f.Name] != nil && (f.Info().Kind.Durable() || c.Fallback != config.FallbackLocal) {
			f.Needs = nil
		}
		here[i] = f
	}
	return here
}

// Any reports whether c names a function that a router sends calls to. Jobs are Inngest's
// to call.
func Any(functions []function.Function, c config.Remote) bool {
	return slices.ContainsFunc(functions, func(f function.Function) bool { return c.Functions[f.Name] != nil && !f.Info().Kind.Durable() })
}
