package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/router/internal/pressure"
)

// memory shows how much of it is in use, and which functions were refused for that.
type memory struct {
	*pressure.Watch

	limit, used, needed, refused *prometheus.Desc
}

func newMemory(w *pressure.Watch) memory {
	return memory{
		Watch:  w,
		limit:  prometheus.NewDesc("switchyard_memory_limit_bytes", "How much memory the process may use; 0 if nobody says.", nil, nil),
		used:   prometheus.NewDesc("switchyard_memory_used_bytes", "How much memory Go has of the system.", nil, nil),
		needed: prometheus.NewDesc("switchyard_memory_needed_bytes", "The same without garbage and what is free for later.", nil, nil),
		refused: prometheus.NewDesc("switchyard_memory_refused_total",
			"How often a function was refused for a while because memory ran out and it held most of it.", []string{"function"}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (m memory) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.limit, m.used, m.needed, m.refused} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (m memory) Collect(to chan<- prometheus.Metric) {
	now := pressure.Now()
	to <- prometheus.MustNewConstMetric(m.limit, prometheus.GaugeValue, float64(m.Limit()))
	to <- prometheus.MustNewConstMetric(m.used, prometheus.GaugeValue, float64(now.Used))
	to <- prometheus.MustNewConstMetric(m.needed, prometheus.GaugeValue, float64(now.Needed))
	m.Times(func(function string, times int) {
		to <- prometheus.MustNewConstMetric(m.refused, prometheus.CounterValue, float64(times), function)
	})
}
