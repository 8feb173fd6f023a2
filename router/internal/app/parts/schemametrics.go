//go:build !switchyard_nodb && !switchyard_nometrics

package parts

import "github.com/prometheus/client_golang/prometheus"

// Collectors returns the metrics that count how the tables differ from what the release expects.
func (c counted) Collectors() []prometheus.Collector {
	of := func(name, help string, n func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(n()) })
	}
	return []prometheus.Collector{
		of("switchyard_schema_missing", "What the release's schema has and the database lacks: columns, indexes, rules and so on.", c.Missing),
		of("switchyard_schema_more", "What the database has and no applied schema asked for.", c.More),
	}
}
