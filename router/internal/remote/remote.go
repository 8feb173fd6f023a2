// Package remote sends the calls of functions that run elsewhere to where they run:
// those that SWITCHYARD_REMOTE names.
//
// The router stays in front. It has their routes, admits callers, bounds what a call may use,
// logs and counts. In place of the function stands a proxy, which says who calls by a token of
// package shared/auth/caller. The cookies of the session and the key of a machine are not
// sent on. The router itself ends a stream before its time: with the end of its session, and
// with its own.
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

	// Catalog are all functions of the program. Their services need not be open.
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

// Remote returns, by the name of each function that runs elsewhere, what makes the handler that
// sends its calls there. local is the handler that would serve them here.
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

// Collectors returns the counter of calls that were sent on.
func (f *Forwarder) Collectors() []prometheus.Collector { return []prometheus.Collector{f.sent} }

// Close closes the idle connections.
func (f *Forwarder) Close() error {
	f.transport.CloseIdleConnections()
	return nil
}

// Here returns functions, each with the services that this process needs for it. A function that
// runs elsewhere needs here only what admits its callers; all of its services if it may have to
// run here when it cannot be reached. A job never has to, since Inngest calls it where it runs.
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

// Any reports whether c names a function to which the router sends calls. Jobs do not count, since
// Inngest calls them.
func Any(functions []function.Function, c config.Remote) bool {
	return slices.ContainsFunc(functions, func(f function.Function) bool { return c.Functions[f.Name] != nil && !f.Info().Kind.Durable() })
}
