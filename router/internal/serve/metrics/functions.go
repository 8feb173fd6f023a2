package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/shared/fn"
)

// functions shows what becomes of the tasks and panics of functions.
type functions struct {
	panics, tasks *prometheus.Desc

	mu  sync.Mutex
	all []*fn.Callee
}

func newFunctions() *functions {
	label := []string{"function"}
	return &functions{
		panics: prometheus.NewDesc("switchyard_panics_total",
			"Panics of functions, and of the tasks that they run beside their calls.", label, nil),
		tasks: prometheus.NewDesc("switchyard_tasks_running",
			"Tasks that functions run beside their calls, with fn.Go.", label, nil),
	}
}

// Know shows functions, each of which is named once.
func (m *Metrics) Know(all ...*fn.Callee) {
	m.functions.mu.Lock()
	defer m.functions.mu.Unlock()
	m.functions.all = append(m.functions.all, all...)
}

// Describe implements [prometheus.Collector].
func (f *functions) Describe(to chan<- *prometheus.Desc) { to <- f.panics; to <- f.tasks }

// Collect implements [prometheus.Collector].
func (f *functions) Collect(to chan<- prometheus.Metric) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		to <- prometheus.MustNewConstMetric(f.panics, prometheus.CounterValue, float64(one.Panics()), one.Name)
		to <- prometheus.MustNewConstMetric(f.tasks, prometheus.GaugeValue, float64(one.Tasks()), one.Name)
	}
}
