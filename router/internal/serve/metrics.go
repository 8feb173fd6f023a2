package serve

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/fault"
)

// nowhere is what the metrics call the function of requests that no route takes.
const nowhere = "none"

// metrics is what /metrics shows. Labels have the names of functions, and never
// anything that a request brings. A nil one counts nothing.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	running  *prometheus.GaugeVec
	nowhere  *meter
}

// newMetrics returns the metrics of a host, with those of its services; nil if c has
// no token for them.
func newMetrics(c Config) (*metrics, error) {
	if c.Server.MetricsToken == "" {
		return nil, nil
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_http_requests_total",
			Help: "Requests, by how they ended: the class of their status, or aborted if the answer is not whole.",
		}, []string{"function", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "switchyard_http_request_duration_seconds",
			Help:    "How long requests took, until their answer was written.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"function"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchyard_http_requests_in_flight",
			Help: "Requests that functions are at work on.",
		}, []string{"function"}),
	}
	all := append([]prometheus.Collector{
		m.requests, m.duration, m.running, buildInfo(c.Version),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}, c.Collectors...)
	for _, s := range service.All[interface{ Collectors() []prometheus.Collector }](c.Needs) {
		all = append(all, s.Collectors()...)
	}
	var errs []error
	for _, collector := range all {
		if err := m.registry.Register(collector); err != nil {
			errs = append(errs, fmt.Errorf("add the metric %s: %w", describe(collector), err))
		}
	}
	m.nowhere = m.meter(nowhere)
	return m, errors.Join(errs...)
}

// describe returns what c says first of itself: the name of a metric, and more.
func describe(c prometheus.Collector) (first string) {
	all := make(chan *prometheus.Desc)
	go func() {
		c.Describe(all)
		close(all)
	}()
	for desc := range all {
		first = cmp.Or(first, desc.String())
	}
	return first
}

// buildInfo returns the metric that says what runs.
func buildInfo(version string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "switchyard_build_info",
		Help:        "What the process was built from; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	}, func() float64 { return 1 })
}

// addMetrics routes to the metrics, if they are for somebody.
func (h *Host) addMetrics() error {
	if h.metrics == nil {
		return nil
	}
	// What one collector cannot tell must not hide what the others can.
	show := promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(h.logger.Handler(), slog.LevelError),
	})
	g := own("metrics", show.ServeHTTP)
	g.info.MaxConcurrent = 4 // services may ask their databases
	g.admit = bearer(h.config.Server.MetricsToken)
	return h.route("GET /metrics", g)
}

// bearer admits who sends token.
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

// classes are the values of the label code. That of an answer with status 404 is
// at 4.
func classes() [6]string { return [...]string{"aborted", "1xx", "2xx", "3xx", "4xx", "5xx"} }

// meter counts the requests of one function. All is prepared, so that to count
// allocates nothing. A nil one counts nothing.
type meter struct {
	requests [6]prometheus.Counter
	duration prometheus.Observer
	running  prometheus.Gauge
}

// meter returns the meter of the function called name.
func (m *metrics) meter(name string) *meter {
	if m == nil {
		return nil
	}
	one := &meter{duration: m.duration.WithLabelValues(name), running: m.running.WithLabelValues(name)}
	for i, class := range classes() {
		one.requests[i] = m.requests.WithLabelValues(name, class)
	}
	return one
}

// add counts n more requests that the function is at work on.
func (m *meter) add(n float64) {
	if m != nil {
		m.running.Add(n)
	}
}

// count counts a request that has ended.
func (m *metrics) count(x *exchange, aborted bool) {
	if m == nil {
		return
	}
	of := x.meter
	if of == nil {
		of = m.nowhere
	}
	class := min(x.status/100, len(of.requests)-1)
	if aborted {
		class = 0
	}
	of.requests[class].Inc()
	of.duration.Observe(time.Since(x.start).Seconds())
}
