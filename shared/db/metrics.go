package db

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// figures are what a metrics endpoint shows of a pool in this process.
type figures struct {
	db *DB

	conns, size, poolWaits, poolWaited               *prometheus.Desc
	share, held, waiting, waits, waited, left, again *prometheus.Desc
}

// Collectors returns what a metrics endpoint shows of the pool, and of what each function
// has of it. The function "none" stands for hosts and services.
func (d *DB) Collectors() []prometheus.Collector {
	pool := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("switchyard_db_"+name, help, labels, nil)
	}
	function := func(name, help string) *prometheus.Desc { return pool(name, help, "function") }
	return []prometheus.Collector{&figures{
		db:         d,
		conns:      pool("pool_connections", "Connections of the pool: those that somebody has, and those that are idle.", "state"),
		size:       pool("pool_size", "Connections that the pool may have."),
		poolWaits:  pool("pool_waits_total", "Connections for which somebody waited since the pool had none to spare."),
		poolWaited: pool("pool_wait_seconds_total", "Time that was spent with that."),
		share:      function("share", "Connections that the function may have at once."),
		held:       function("connections", "Connections that the function has."),
		waiting:    function("waiting", "Calls that wait until there is room in the function's share."),
		waits:      function("waits_total", "Connections for which a call waited for room in the function's share."),
		waited:     function("wait_seconds_total", "Time that was spent with that."),
		left:       function("left_open_total", "What calls had left open at their end: transactions, rows, connections."),
		again:      function("retries_total", "Transactions that were begun again after a deadlock or a serialization failure."),
	}}
}

// Describe implements [prometheus.Collector].
func (f *figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		f.conns, f.size, f.poolWaits, f.poolWaited, f.share, f.held, f.waiting, f.waits, f.waited, f.left, f.again,
	} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	show := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	pool := f.db.Stat()
	show(f.conns, prometheus.GaugeValue, float64(pool.AcquiredConns()), "used")
	show(f.conns, prometheus.GaugeValue, float64(pool.IdleConns()), "idle")
	show(f.size, prometheus.GaugeValue, float64(pool.MaxConns()))
	show(f.poolWaits, prometheus.CounterValue, float64(pool.EmptyAcquireCount()))
	show(f.poolWaited, prometheus.CounterValue, pool.EmptyAcquireWaitTime().Seconds())
	all, waiting := f.db.bulkheads.now()
	for _, s := range all {
		if s.name != hosts {
			show(f.share, prometheus.GaugeValue, float64(s.size), s.name)
			show(f.waiting, prometheus.GaugeValue, float64(waiting[s.name]), s.name)
			show(f.waits, prometheus.CounterValue, float64(s.waits), s.name)
			show(f.waited, prometheus.CounterValue, s.waited.Seconds(), s.name)
			show(f.left, prometheus.CounterValue, float64(s.left), s.name)
		}
		show(f.held, prometheus.GaugeValue, float64(s.held), s.name)
		show(f.again, prometheus.CounterValue, float64(s.retries), s.name)
	}
}

// now returns copies of all shares, by name, and how many calls wait for each.
func (b *bulkheads) now() (all []share, waiting map[string]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	waiting = map[string]int{}
	for _, s := range b.shares {
		all = append(all, *s)
	}
	for _, o := range b.waiting {
		waiting[o.name]++
	}
	slices.SortFunc(all, func(a, b share) int { return strings.Compare(a.name, b.name) })
	return all, waiting
}
