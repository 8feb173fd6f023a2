// Package gauge shows figures that are measured when they are scraped, such as those that
// a database has to be asked for.
package gauge

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	every   = 5 * time.Second // it is measured at most so often, however many scrape
	timeout = 2 * time.Second // and a scrape waits no longer for it
)

// Measure returns the gauges as they are now.
type Measure func(ctx context.Context) ([]prometheus.Metric, error)

// Gauges is a collector of gauges that are measured together. While the measurement fails, a
// scrape has none of them.
type Gauges struct {
	measure Measure
	descs   []*prometheus.Desc

	mu   sync.Mutex
	at   time.Time // when they were last measured
	last []prometheus.Metric
}

// New returns the gauges that measure measures, which descs describe.
func New(measure Measure, descs ...*prometheus.Desc) *Gauges {
	return &Gauges{measure: measure, descs: descs}
}

// Describe implements [prometheus.Collector].
func (g *Gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range g.descs {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (g *Gauges) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at.IsZero() || time.Since(g.at) > every {
		g.last = g.now()
		g.at = time.Now()
	}
	for _, m := range g.last {
		ch <- m
	}
}

func (g *Gauges) now() []prometheus.Metric {
	//nolint:forbidigo // a Collector is given no context
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	all, err := g.measure(ctx)
	if err != nil {
		return nil
	}
	return all
}
