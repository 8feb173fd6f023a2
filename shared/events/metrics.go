package events

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/shared/db"
)

// The measures of counting rows for a scrape.
const (
	countAtMost = 100_000
	countEvery  = 10 * time.Second
	countWithin = 2 * time.Second
)

// metrics are those of the relay of this process, and of the outbox.
type metrics struct {
	sent, resent, refused, dead, failed prometheus.Counter
	duration                            prometheus.Histogram
	outbox                              *depth
}

func newMetrics(d *db.DB) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "switchyard_outbox_" + name, Help: help})
	}
	return &metrics{
		sent:    counter("sent_total", "Events that Inngest has taken, resent ones included."),
		resent:  counter("resent_total", "Events that Inngest has taken before and was sent again."),
		refused: counter("refused_total", "Events that Inngest has refused for good."),
		dead:    counter("dead_total", "Events given up, refused ones included."),
		failed:  counter("send_failures_total", "Requests to Inngest that failed, apart from refusals."),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "switchyard_outbox_send_seconds", Help: "How long requests to Inngest's event API take.",
			Buckets: prometheus.DefBuckets,
		}),
		outbox: newDepth(d),
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.sent, m.resent, m.refused, m.dead, m.failed, m.duration, m.outbox}
}

// sending counts a request.
func (m *metrics) sending(rows []row, took time.Duration, err error) {
	m.duration.Observe(took.Seconds())
	if _, refused := err.(*refusedError); err != nil { //nolint:errorlint // as post made it
		if !refused {
			m.failed.Inc()
		}
		return
	}
	m.sent.Add(float64(len(rows)))
	for _, w := range rows {
		if w.state == stateSent {
			m.resent.Inc()
		}
	}
}

// depth counts the rows of the outbox when it is scraped: each state up to 100,000,
// and not more often than every ten seconds. Without an answer from the database it
// yields nothing.
type depth struct {
	db         *db.DB
	depth, lag *prometheus.Desc

	mu     sync.Mutex
	until  time.Time
	counts map[string]int
	oldest float64
}

func newDepth(d *db.DB) *depth {
	return &depth{
		db: d,
		depth: prometheus.NewDesc("switchyard_outbox_events",
			"Events in the outbox by state, counted up to 100000.", []string{"state"}, nil),
		lag: prometheus.NewDesc("switchyard_outbox_lag_seconds",
			"Age of the oldest event that Inngest has not taken yet, those that wait for another of their key included.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (d *depth) Describe(to chan<- *prometheus.Desc) {
	to <- d.depth
	to <- d.lag
}

// Collect implements prometheus.Collector.
func (d *depth) Collect(to chan<- prometheus.Metric) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.After(d.until) {
		if err := d.count(); err != nil {
			return
		}
		d.until = now.Add(countEvery)
	}
	for state, n := range d.counts {
		to <- prometheus.MustNewConstMetric(d.depth, prometheus.GaugeValue, float64(n), state)
	}
	to <- prometheus.MustNewConstMetric(d.lag, prometheus.GaugeValue, d.oldest)
}

const (
	countRows = `SELECT s.state, (SELECT count(*) FROM (SELECT FROM outbox WHERE state = s.state LIMIT $1) AS counted)
		FROM (VALUES ('waiting'), ('sent'), ('dead')) AS s (state)`
	oldestRow = `SELECT coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 FROM outbox
		WHERE state = 'waiting' ORDER BY created_at LIMIT 1), 0)`
)

func (d *depth) count() error {
	ctx, cancel := context.WithTimeout(context.Background(), countWithin) //nolint:forbidigo // a scrape has no context
	defer cancel()
	counts := map[string]int{}
	err := d.db.InTx(ctx, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(tune)
		batch.Queue(countRows, countAtMost).Query(func(rows pgx.Rows) error {
			var state string
			var n int
			_, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error {
				counts[state] = n
				return nil
			})
			return err
		})
		batch.Queue(oldestRow).QueryRow(func(row pgx.Row) error { return row.Scan(&d.oldest) })
		return tx.SendBatch(ctx, &batch).Close()
	})
	d.counts = counts
	return err
}
