package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/router/internal/serve/overrun"
)

// overruns shows the calls that went past their time, by function.
type overruns struct {
	*overrun.Set

	lost, total *prometheus.Desc
}

func newOverruns(s *overrun.Set) overruns {
	label := []string{"function"}
	return overruns{
		Set: s,
		lost: prometheus.NewDesc("switchyard_calls_lost",
			"Calls that were given up because they went past their timeout, and still run.", label, nil),
		total: prometheus.NewDesc("switchyard_calls_overrun_total",
			"Calls that went on after their timeout until they were given up.", label, nil),
	}
}

// Describe implements [prometheus.Collector].
func (o overruns) Describe(to chan<- *prometheus.Desc) {
	to <- o.lost
	to <- o.total
}

// Collect implements [prometheus.Collector].
func (o overruns) Collect(to chan<- prometheus.Metric) {
	for _, c := range o.All() {
		to <- prometheus.MustNewConstMetric(o.lost, prometheus.GaugeValue, float64(c.Lost()), c.Function)
		to <- prometheus.MustNewConstMetric(o.total, prometheus.CounterValue, float64(c.Overruns()), c.Function)
	}
}
