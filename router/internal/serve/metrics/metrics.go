// Package metrics counts requests with Prometheus's client.
package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchyard/router/internal/serve"
)

// Metrics implements [serve.Metrics]. Labels have the names of functions, and never
// anything that a request brings. Make one with [New].
type Metrics struct {
	http.Handler

	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	running  *prometheus.GaugeVec
}

// New returns the metrics of a host of this project and version. Each has the constant
// label "project". Those of counted that have a
// method Collectors() []prometheus.Collector are shown too. Trouble in showing goes to
// logger.
func New(logger *slog.Logger, project, version string, counted ...any) (*Metrics, error) {
	m := &Metrics{
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
	all := []prometheus.Collector{
		m.requests, m.duration, m.running, buildInfo(version),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	for _, c := range counted {
		if c, ok := c.(interface{ Collectors() []prometheus.Collector }); ok {
			all = append(all, c.Collectors()...)
		}
	}
	registry := prometheus.NewRegistry()
	own := prometheus.WrapRegistererWith(prometheus.Labels{"project": project}, registry)
	var errs []error
	for _, collector := range all {
		if err := own.Register(collector); err != nil {
			errs = append(errs, fmt.Errorf("add the metric %s: %w", describe(collector), err))
		}
	}
	// What one collector cannot tell must not hide what the others can.
	m.Handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(logger.Handler(), slog.LevelError),
	})
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

// classes are the values of the label code. That of an answer with status 404 is
// at 4.
func classes() [6]string { return [...]string{"aborted", "1xx", "2xx", "3xx", "4xx", "5xx"} }

// meter counts the requests of one function. All is prepared, so that to count
// allocates nothing.
type meter struct {
	requests [6]prometheus.Counter
	duration prometheus.Observer
	running  prometheus.Gauge
}

// Meter implements [serve.Metrics].
func (m *Metrics) Meter(name string) serve.Meter {
	one := &meter{duration: m.duration.WithLabelValues(name), running: m.running.WithLabelValues(name)}
	for i, class := range classes() {
		one.requests[i] = m.requests.WithLabelValues(name, class)
	}
	return one
}

// Running implements [serve.Meter].
func (m *meter) Running(n float64) { m.running.Add(n) }

// Count implements [serve.Meter].
func (m *meter) Count(status int, aborted bool, took time.Duration) {
	class := min(status/100, len(m.requests)-1)
	if aborted {
		class = 0
	}
	m.requests[class].Inc()
	m.duration.Observe(took.Seconds())
}
