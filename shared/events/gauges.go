package events

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/shared/db"
)

const (
	gaugeEvery   = 5 * time.Second // the outbox is measured at most so often
	gaugeTimeout = 2 * time.Second // and a scrape waits no longer for it
	exactUpTo    = 10_000          // events; more are estimated, but for the dead, of which more are not counted
	samplePages  = 1000            // of the table, from which is estimated
)

// gauges measures the outbox when it is scraped. What it costs does not depend on how
// much is in it. While the database does not answer, there are no gauges.
type gauges struct {
	db     *db.DB
	events *prometheus.Desc
	lag    *prometheus.Desc

	mu   sync.Mutex
	at   time.Time // when it was last measured
	last []prometheus.Metric
}

func newGauges(d *db.DB) *gauges {
	return &gauges{
		db: d,
		events: prometheus.NewDesc("switchyard_outbox_events",
			"Events in the outbox, the same in every process. Above 10,000 they are estimated; dead ones are counted up to that.",
			[]string{"state"}, nil),
		lag: prometheus.NewDesc("switchyard_outbox_lag_seconds",
			"For how long the relays have not come to the event that has been due for longest; the same in every process.", nil, nil),
	}
}

// Describe implements [prometheus.Collector].
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- g.events
	ch <- g.lag
}

// Collect implements [prometheus.Collector].
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at.IsZero() || time.Since(g.at) > gaugeEvery {
		g.last = g.measure()
		g.at = time.Now()
	}
	for _, m := range g.last {
		ch <- m
	}
}

// measure returns the gauges, or none of them if the database does not answer.
func (g *gauges) measure() []prometheus.Metric {
	//nolint:forbidigo // a Collector is given no context
	ctx, cancel := context.WithTimeout(context.Background(), gaugeTimeout)
	defer cancel()
	depth, err := measureDepth(ctx, g.db)
	var lag float64
	if err == nil {
		err = g.db.QueryRow(ctx, measureLag).Scan(&lag)
	}
	if err != nil {
		return nil
	}
	metrics := []prometheus.Metric{prometheus.MustNewConstMetric(g.lag, prometheus.GaugeValue, lag)}
	for state, n := range depth {
		metrics = append(metrics, prometheus.MustNewConstMetric(g.events, prometheus.GaugeValue, n, string(state)))
	}
	return metrics
}

const (
	measureLag = `SELECT coalesce(extract(epoch FROM now() - (
		SELECT next_at FROM outbox WHERE next_at <= now() ORDER BY next_at LIMIT 1)), 0)::float8`
	// countSome counts by the index: where many were deleted, the table is mostly empty.
	countSome = `SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'sent'), count(*),
			pg_relation_size('outbox') / current_setting('block_size')::bigint
		FROM (SELECT state FROM outbox ORDER BY next_at, id LIMIT $1) AS few`
	countDead = `SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'dead' LIMIT $1) AS few`
	estimate  = `SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'sent')
		FROM outbox TABLESAMPLE SYSTEM ($1)`
)

// measureDepth returns how many events there are.
func measureDepth(ctx context.Context, d *db.DB) (map[State]float64, error) {
	var waiting, sent, dead, some, pages float64
	if err := d.QueryRow(ctx, countSome, exactUpTo+1).Scan(&waiting, &sent, &some, &pages); err != nil {
		return nil, err
	}
	dead = some - waiting - sent
	if some > exactUpTo {
		percent := min(100, 100*samplePages/max(1, pages))
		if err := d.QueryRow(ctx, estimate, percent).Scan(&waiting, &sent); err != nil {
			return nil, err
		}
		waiting, sent = math.Round(waiting*100/percent), math.Round(sent*100/percent)
		if err := d.QueryRow(ctx, countDead, exactUpTo).Scan(&dead); err != nil {
			return nil, err
		}
	}
	return map[State]float64{Waiting: waiting, Sent: sent, Dead: dead}, nil
}
