package apart

import "github.com/prometheus/client_golang/prometheus"

// metrics are those of a supervisor.
type metrics struct {
	sent, restarts, crashes *prometheus.CounterVec
	up                      *prometheus.GaugeVec
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &metrics{
		sent: counter("switchyard_apart_requests_total",
			"Requests to functions that run in processes of their own: answered there, broken off, or unreachable because the process was down.", "function", "result"),
		restarts: counter("switchyard_apart_restarts_total", "How often the process of a group was started again.", "group"),
		crashes: counter("switchyard_apart_crashes_total",
			"How often the process of a group ended by itself, by the function that ended it; that is empty if it is not known.", "group", "function"),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchyard_apart_up", Help: "Whether the process of a group takes calls: 1 or 0.",
		}, []string{"group"}),
	}
}

// collectors returns all of them.
func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.sent, m.restarts, m.crashes, m.up}
}
