package metrics

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overload"
)

// requests counts the requests of functions. It is in place of the vectors of Prometheus's
// client, which take 8 KiB for each function, called or not: here it is 300 bytes.
type requests struct {
	total, duration, running, limited, waited, refused *prometheus.Desc

	mu     sync.Mutex
	byName map[string]*meter
}

func newRequests() *requests {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"function"}, labels...), nil)
	}
	return &requests{
		byName: map[string]*meter{},
		total: desc("switchyard_http_requests_total",
			"Requests, by how they ended: the class of their status, or aborted if the answer is not whole.", "code"),
		duration: desc("switchyard_http_request_duration_seconds", "How long requests took, until their answer was written."),
		running:  desc("switchyard_http_requests_in_flight", "Requests that functions are at work on."),
		limited:  desc("switchyard_http_rate_limited_total", "Requests that the RateLimit of functions refused."),
		waited: desc("switchyard_http_wait_seconds",
			"How long requests waited for a place among those that functions are at work on, of those that had to."),
		refused: desc("switchyard_http_refused_total",
			"Requests refused because there was too much to do: no place to wait (full), waited in vain (late), "+
				"the client left (gone), too many bodies at once (bodies).", "reason"),
	}
}

// Meter implements [serve.Metrics].
func (q *requests) Meter(name string) serve.Meter {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.byName[name]
	if m == nil {
		m = &meter{}
		q.byName[name] = m
	}
	return m
}

// Describe implements [prometheus.Collector].
func (q *requests) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{q.total, q.duration, q.running, q.limited, q.waited, q.refused} {
		to <- d
	}
}

// Collect implements [prometheus.Collector]. What was not counted yet is shown as 0.
func (q *requests) Collect(to chan<- prometheus.Metric) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, m := range q.byName {
		m.collect(q, name, to)
	}
}

// classes are the values of the label code. That of an answer with status 404 is
// at 4.
func classes() [6]string { return [...]string{"aborted", "1xx", "2xx", "3xx", "4xx", "5xx"} }

// bounds are the upper bounds of the buckets of durations.
func bounds() [14]time.Duration {
	const ms = time.Millisecond
	return [...]time.Duration{
		ms, 2500 * time.Microsecond, 5 * ms, 10 * ms, 25 * ms, 50 * ms, 100 * ms, 250 * ms, 500 * ms,
		time.Second, 2500 * ms, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	}
}

// meter counts the requests of one function. To count allocates nothing.
type meter struct {
	ended   [6]atomic.Uint64  // by their class
	lasted  [15]atomic.Uint64 // by the first bound that is not less; the last is of those above all
	took    atomic.Int64      // all of them, in nanoseconds
	running atomic.Int64
	limited atomic.Uint64
	waits   atomic.Uint64
	waited  atomic.Int64 // all of them, in nanoseconds
	refused [overload.Reasons]atomic.Uint64
}

// Limited implements [serve.Meter].
func (m *meter) Limited() { m.limited.Add(1) }

// Running implements [serve.Meter].
func (m *meter) Running(n int) { m.running.Add(int64(n)) }

// Waited implements [serve.Meter].
func (m *meter) Waited(d time.Duration) {
	m.waited.Add(int64(d))
	m.waits.Add(1)
}

// Refused implements [serve.Meter].
func (m *meter) Refused(reason overload.Reason) { m.refused[reason].Add(1) }

// Count implements [serve.Meter].
func (m *meter) Count(status int, aborted bool, took time.Duration) {
	class := min(status/100, len(m.ended)-1)
	if aborted {
		class = 0
	}
	m.ended[class].Add(1)
	all := bounds()
	at, _ := slices.BinarySearch(all[:], took)
	m.took.Add(int64(took))
	m.lasted[at].Add(1)
}

// collect sends what m has counted for the function called name.
func (m *meter) collect(q *requests, name string, to chan<- prometheus.Metric) {
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	for i, class := range classes() {
		to <- prometheus.MustNewConstMetric(q.total, counter, float64(m.ended[i].Load()), name, class)
	}
	buckets, count := map[float64]uint64{}, uint64(0)
	for i, bound := range bounds() {
		count += m.lasted[i].Load()
		buckets[bound.Seconds()] = count
	}
	count += m.lasted[len(m.lasted)-1].Load()
	to <- prometheus.MustNewConstHistogram(q.duration, count, time.Duration(m.took.Load()).Seconds(), buckets, name)
	to <- prometheus.MustNewConstMetric(q.running, gauge, float64(m.running.Load()), name)
	to <- prometheus.MustNewConstMetric(q.limited, counter, float64(m.limited.Load()), name)
	to <- prometheus.MustNewConstSummary(q.waited, m.waits.Load(), time.Duration(m.waited.Load()).Seconds(), nil, name)
	for reason := overload.Granted + 1; reason < overload.Reasons; reason++ {
		to <- prometheus.MustNewConstMetric(q.refused, counter, float64(m.refused[reason].Load()), name, reason.String())
	}
}
