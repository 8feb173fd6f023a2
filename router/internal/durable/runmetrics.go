package durable

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/gauge"
	"switchyard/shared/events/ledger"
)

// oldestFunctions bounds the functions whose oldest runs are shown.
const oldestFunctions = 100

// runMetrics counts the runs that begin and end here, by the function's name. A run that
// ends here may have begun in another replica.
type runMetrics struct {
	begun *prometheus.CounterVec
	ended *prometheus.CounterVec // also by outcome: that of the ledger, or skipped
}

func newRunMetrics() runMetrics {
	return runMetrics{
		begun: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_jobs_begun_total",
			Help: "Runs that have begun.",
		}, []string{"function"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_jobs_ended_total",
			Help: "Runs that have ended: done, failed, cancelled, or skipped because there was nothing for them to do.",
		}, []string{"function", "outcome"}),
	}
}

// know shows the function as one of which no run has begun, so that the first is an
// increase.
func (m runMetrics) know(function string) {
	m.begun.WithLabelValues(function)
	for _, how := range []ledger.Outcome{ledger.Done, ledger.Failed, ledger.Cancelled} {
		m.ended.WithLabelValues(function, string(how))
	}
}

// begins counts a call that is the first of its run. One of several steps that a run has
// planned is not, whatever has been done of it.
func (m runMetrics) begins(c *call) {
	if c.target != nil && !c.continued && !c.parallel {
		m.begun.WithLabelValues(c.target.name).Inc()
	}
}

// ends counts the end of a run of the function, as the outcome of its last call or of the
// ledger says.
func (m runMetrics) ends(function, outcome string) {
	how := outcome
	switch outcome {
	case ok:
		how = string(ledger.Done)
	case failed:
		how = string(ledger.Failed)
	}
	m.ended.WithLabelValues(function, how).Inc()
}

// oldest returns the gauge of the oldest runs that have not ended, which is the same in
// every process. Functions of others have the names that Inngest knows them by.
func (h *Host) oldest() *gauge.Gauges {
	desc := prometheus.NewDesc("switchyard_jobs_oldest_seconds",
		"Age of the oldest run of a function that has not ended, the same in every process.", []string{"function"}, nil)
	return gauge.New(func(ctx context.Context) (all []prometheus.Metric, err error) {
		ages, err := h.tracker.ledger.Oldest(ctx, oldestFunctions)
		for slug, age := range ages {
			all = append(all, prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, age.Seconds(), h.nameOf(slug)))
		}
		return all, err
	}, desc)
}

// nameOf returns the name of the function that Inngest knows by slug.
func (h *Host) nameOf(slug string) string {
	if t, ours := h.targets[slug]; ours {
		return t.name
	}
	return slug
}
