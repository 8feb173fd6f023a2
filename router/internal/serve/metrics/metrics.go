// Package metrics counts requests with Prometheus's client.
package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchyard/router/internal/pressure"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fn"
)

// Metrics implements [serve.Metrics]. Labels have the names of functions, and never
// anything that a request brings. Make one with [New].
type Metrics struct {
	http.Handler

	requests  *requests
	functions *functions
	own       prometheus.Registerer
}

// New returns the metrics of a host of this project and version. Each has the constant
// label "project". Of counted are shown, too:
//   - what a method Collectors() []prometheus.Collector returns;
//   - the functions that a method Callees() []*fn.Callee returns;
//   - what a prometheus.Gatherer gathers, which has all labels already;
//   - the calls of an [overrun.Set], and the memory of a [pressure.Watch].
//
// Trouble in showing goes to logger.
func New(logger *slog.Logger, project, version string, counted ...any) (*Metrics, error) {
	m := &Metrics{
		requests:  newRequests(),
		functions: newFunctions(),
	}
	all := []prometheus.Collector{
		m.requests, m.functions, buildInfo(version),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	registry := prometheus.NewRegistry()
	gatherers := prometheus.Gatherers{registry}
	for _, c := range counted {
		if c, ok := c.(prometheus.Gatherer); ok {
			gatherers = append(gatherers, c)
		}
		switch c := c.(type) {
		case interface{ Collectors() []prometheus.Collector }:
			all = append(all, c.Collectors()...)
		case *overrun.Set:
			all = append(all, newOverruns(c))
		case *pressure.Watch:
			all = append(all, newMemory(c))
		}
		if c, ok := c.(interface{ Callees() []*fn.Callee }); ok {
			m.Know(c.Callees()...)
		}
	}
	m.own = prometheus.WrapRegistererWith(prometheus.Labels{"project": project}, registry)
	var errs []error
	for _, collector := range all {
		if err := m.own.Register(collector); err != nil {
			errs = append(errs, fmt.Errorf("add the metric %s: %w", describe(collector), err))
		}
	}
	// What one collector cannot tell must not hide what the others can.
	m.Handler = promhttp.HandlerFor(gatherers, promhttp.HandlerOpts{
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

// Meter implements [serve.Metrics].
func (m *Metrics) Meter(name string) serve.Meter { return m.requests.Meter(name) }

// Gauge shows what measure returns, whenever somebody looks.
func (m *Metrics) Gauge(name, help string, measure func() float64) error {
	return m.own.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, measure))
}
