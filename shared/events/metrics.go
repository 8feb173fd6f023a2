package events

import (
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/gauge"
	"switchyard/shared/db"
)

// Why an event is dead, as a label.
const (
	deadRefused  = "refused"   // Inngest will not take it
	deadNotBegun = "not_begun" // Inngest took it, and a listener has begun no run of it
)

// metrics counts what the relay of this process does.
type metrics struct {
	sent     prometheus.Counter     // events that Inngest has taken for the first time
	resent   prometheus.Counter     // and those that it has taken again
	failures prometheus.Counter     // requests that failed, but not because of their events
	dead     *prometheus.CounterVec // by the reasons above
	sending  prometheus.Histogram   // seconds that requests took, whatever became of them
	outbox   *gauge.Gauges
}

func newMetrics(d *db.DB) *metrics {
	m := &metrics{
		sent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchyard_outbox_sent_total",
			Help: "Events that Inngest has taken for the first time.",
		}),
		resent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchyard_outbox_resent_total",
			Help: "Events that were sent again because no run of them began, or one fell silent.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchyard_outbox_send_failures_total",
			Help: "Requests to Inngest that failed and are tried again.",
		}),
		dead: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_outbox_dead_total",
			Help: "Events that were given up: refused by Inngest, or not begun by a function that listens.",
		}, []string{"reason"}),
		sending: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "switchyard_outbox_send_duration_seconds",
			Help:    "How long requests to Inngest took, each with up to 500 events.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		outbox: newGauges(d),
	}
	for _, reason := range []string{deadRefused, deadNotBegun} {
		m.dead.WithLabelValues(reason) // so that the first one is an increase
	}
	return m
}

// Collectors returns what a metrics endpoint shows of the outbox: how much is in it, for
// how long, and how Inngest works, which is the same in every process; and what this
// process sent.
func (b *Bus) Collectors() []prometheus.Collector {
	m := b.metrics
	return []prometheus.Collector{m.outbox, m.sent, m.resent, m.failures, m.dead, m.sending}
}
