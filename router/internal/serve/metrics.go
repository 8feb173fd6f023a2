package serve

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"switchyard/router/internal/serve/overload"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// noFunction stands in the metrics for the function of requests that no route takes.
const noFunction = "none"

// Metrics counts requests. It is an interface so that a host which nobody measures
// does not link what counting takes.
type Metrics interface {
	// Meter returns what counts the requests of the function called name.
	Meter(name string) Meter
	// ServeHTTP shows the counts.
	http.Handler
}

// Meter counts the requests of one function. It is made once, so that to count can be
// cheap.
type Meter interface {
	// Running counts n more requests that the function is at work on.
	Running(n int)
	// Limited counts a request that its RateLimit refuses.
	Limited()
	// Count counts a request that has ended: with status, or aborted.
	Count(status int, aborted bool, took time.Duration)
	// Waited counts a request that waited so long for a place, and Refused one that got
	// none, or was not received, because there is too much to do.
	Waited(time.Duration)
	Refused(overload.Reason)
}

// figures are what Metrics may show beside the counts of requests: it is read whenever
// somebody looks.
type figures interface {
	// Gauge shows what measure returns.
	Gauge(name, help string, measure func() float64) error
	// Know shows the panics and tasks of functions.
	Know(functions ...*fn.Callee)
}

// meter returns the meter of the function called name.
func (h *Host) meter(name string) Meter {
	if h.config.Metrics == nil || h.config.Behind {
		return uncounted{}
	}
	return h.config.Metrics.Meter(name)
}

// uncounted is the meter where nobody counts.
type uncounted struct{}

func (uncounted) Running(int)                    {}
func (uncounted) Limited()                       {}
func (uncounted) Count(int, bool, time.Duration) {}
func (uncounted) Waited(time.Duration)           {}
func (uncounted) Refused(overload.Reason)        {}

// showLoad shows how much there is to do.
func (h *Host) showLoad() error {
	m, ok := h.config.Metrics.(figures)
	if !ok {
		return nil
	}
	l := h.limiter
	return errors.Join(
		m.Gauge("switchyard_overload_limit", "Calls that the process lets run at once, by how long they take.",
			func() float64 { return float64(l.State().Limit) }),
		m.Gauge("switchyard_overload_in_flight", "Calls that run and count for the limit.",
			func() float64 { return float64(l.State().Running) }),
		m.Gauge("switchyard_overload_waiting", "Calls that wait for a place.",
			func() float64 { return float64(l.State().Waiting) }),
		m.Gauge("switchyard_overload_bodies", "Bodies of requests that are being received before their calls begin.",
			func() float64 { return float64(h.bodies.Receiving()) }),
	)
}

// addMetrics routes to the metrics, if they are for somebody.
func (h *Host) addMetrics() error {
	if h.config.Metrics == nil || h.config.Server.MetricsToken == "" {
		return nil
	}
	g := hostPage("metrics", h.config.Metrics.ServeHTTP)
	g.info.MaxConcurrent = 4 // services may ask their databases
	g.admit = bearer(h.config.Server.MetricsToken)
	return h.route("GET /metrics", g)
}

// maySeeMetrics reports whether r comes with what the metrics are for.
func (h *Host) maySeeMetrics(r *http.Request) bool {
	if h.config.Server.MetricsToken == "" {
		return false
	}
	_, err := bearer(h.config.Server.MetricsToken)(nil, r)
	return err == nil
}

// bearer admits requests with token.
func bearer(token config.Secret) admission {
	want := sha256.Sum256([]byte(token.Reveal())) // of one length, whatever was sent
	return func(_ http.ResponseWriter, r *http.Request) (context.Context, error) {
		scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(sent))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return nil, fault.New(fault.Unauthorized, "Send what METRICS_TOKEN says as the header Authorization: Bearer ….")
		}
		return r.Context(), nil
	}
}
