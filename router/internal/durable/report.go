package durable

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// refusalsEvery is the shortest time between two lines of the log for refused requests of
// one kind.
const refusalsEvery = time.Minute

// metrics counts what is asked for and what becomes of it.
type metrics struct {
	calls    *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	runs     runMetrics

	mu     sync.Mutex
	logged map[string]time.Time // when a refusal of each kind was last
}

func newMetrics() *metrics {
	return &metrics{
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "switchyard_jobs_call_duration_seconds",
			Help:    "How long calls from Inngest took: one step and the code around it.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"function", "outcome"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_jobs_refused_total",
			Help: "Requests to the handler of Inngest's calls that were refused.",
		}, []string{"reason"}),
		runs:   newRunMetrics(),
		logged: map[string]time.Time{},
	}
}

// Collectors returns what a metrics endpoint shows of the host: the calls of each
// function by their outcome, with their durations; refused requests by their reason; the
// runs that have begun and ended, and how old those are that have not.
func (h *Host) Collectors() []prometheus.Collector {
	all := []prometheus.Collector{h.metrics.calls, h.metrics.refusals, h.metrics.runs.begun, h.metrics.runs.ended}
	if h.tracker.ledger != nil {
		all = append(all, h.oldest())
	}
	return all
}

// report counts a request and writes a line for each call of a function, and for
// some of those that were refused.
func (h *Host) report(r *http.Request, c *call, a *answer, refused string, took time.Duration) {
	switch {
	case refused != "":
		h.reportRefused(r, refused, a.status)
	case c.target != nil:
		outcome, step := a.outcome(c)
		if _, ended := a.ended(c); ended {
			h.metrics.runs.ends(c.target.name, outcome)
		}
		h.reportCall(r.Context(), c, outcome, step, a.cause(c.err), took)
	}
}

func (h *Host) reportCall(ctx context.Context, c *call, outcome, step, cause string, took time.Duration) {
	h.metrics.calls.WithLabelValues(c.target.name, outcome).Observe(took.Seconds())
	attrs := []slog.Attr{
		slog.String("function", c.target.name), slog.String("run", c.run),
		slog.Int("attempt", c.attempt),
		slog.Int64("duration_ms", took.Milliseconds()), slog.String("outcome", outcome),
	}
	if step != "" {
		attrs = append(attrs, slog.String("step", step))
	}
	level := slog.LevelInfo
	switch outcome {
	case retried:
		level = slog.LevelWarn
	case failed:
		level = slog.LevelError
	}
	if level > slog.LevelInfo {
		attrs = append(attrs, slog.String("error", cause))
	}
	h.log.LogAttrs(ctx, level, "job call", attrs...)
}

// reportRefused counts a request that was refused. One that comes from Inngest, or
// claims to, is worth knowing too: a wrong key, a function that is gone.
func (h *Host) reportRefused(r *http.Request, why string, status int) {
	h.metrics.refusals.WithLabelValues(why).Inc()
	if !h.metrics.due(why) {
		return
	}
	h.log.WarnContext(context.WithoutCancel(r.Context()), "a call to the jobs was refused; others like it are only counted for a while",
		slog.String("reason", why), slog.String("method", r.Method), slog.Int("status", status),
		slog.String("id", clip(r.URL.Query().Get("fnId"))))
}

// due reports whether a refusal of this kind was not logged lately, and that it is now.
func (m *metrics) due(why string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.logged[why]) < refusalsEvery {
		return false
	}
	m.logged[why] = time.Now()
	return true
}

// clip keeps a stranger's text short.
func clip(text string) string {
	const most = 100
	return text[:min(len(text), most)]
}

// quiet is the SDK's way to our log: whatever it says is detail, as each call
// gets a line of ours.
type quiet struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (q quiet) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle implements [slog.Handler].
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup implements [slog.Handler].
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
