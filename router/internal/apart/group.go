package apart

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/internal/backoff"
)

const (
	// settled is how long a process must have run for its end to count as the first.
	settled = 30 * time.Second
	// silentTime is how long a process may answer nothing, at its start or later.
	silentTime = 2 * time.Minute
	// probeTime is how long one question may take. Between two are probeGap until it is ready,
	// and then liveGap.
	probeTime = 8 * time.Second
	probeGap  = 50 * time.Millisecond
	liveGap   = 10 * time.Second
)

// waits are the waits between two processes of a group.
func waits() backoff.Policy {
	return backoff.Policy{First: 100 * time.Millisecond, Longest: 30 * time.Second}
}

// group is a group and its process.
type group struct {
	Group

	socket    string   // the path of listener
	listener  *os.File // which all processes of the group inherit, one after another
	order     Order
	token     string // opens the process's metrics; "" if they are not shown
	self      string // the program
	environ   []string
	gate      *gate
	calls     []*calls
	transport *http.Transport
	metrics   *metrics
	grace     *atomic.Int64 // nanoseconds that the process may take to end
	drains    chan struct{} // closed when the router drains
	ready     chan struct{} // closed when a process was ready for the first time
	first     sync.Once     // closes ready
	pass      func(line []byte)
	log       *slog.Logger
}

// run keeps a process of the group running until ctx ends.
func (g *group) run(ctx context.Context) {
	for failures := 1; ; failures++ {
		began := time.Now()
		exited := g.runOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > settled {
			failures = 1
		}
		wait := waits().After(failures)
		if exited != nil {
			g.logExit(ctx, *exited, wait)
		}
		g.metrics.restarts.WithLabelValues(g.Name).Inc()
		backoff.Sleep(ctx, wait)
	}
}

// runOnce starts a process of the group and returns when it has ended, which it does when ctx
// does. It returns how it ended; nil if it was stopped, or could not be started.
func (g *group) runOnce(ctx context.Context) *exit {
	out := &output{pass: g.pass, printed: func(text string) { g.printed(ctx, text) }, dropped: func(n int) {
		g.log.WarnContext(ctx, "lines of the log were left out: too many in a second", slog.Int("lines", n))
	}}
	began := time.Now()
	p, err := start(g.self, g.environ, g.order, g.listener, out)
	if err != nil {
		g.log.ErrorContext(ctx, "functions cannot run apart", slog.Any("functions", g.names()), slog.Any("error", err))
		return nil
	}
	var attending sync.WaitGroup
	alive, cancel := context.WithCancel(ctx)
	attending.Go(func() { g.attend(alive, p) })
	attending.Go(func() {
		select {
		case <-alive.Done():
		case <-g.drains:
			p.drains()
		}
	})
	select {
	case <-p.done:
	case <-ctx.Done():
		if grace := time.Duration(g.grace.Load()); !p.stop(grace) {
			g.log.WarnContext(ctx, "its process did not stop, and was killed", slog.Duration("after", grace))
		}
	}
	ended := time.Now()
	cancel()
	attending.Wait()
	g.gate.set(false)
	g.metrics.up.WithLabelValues(g.Name).Set(0)
	last := out.end()
	if ctx.Err() != nil {
		g.printed(ctx, last)
		return nil
	}
	e := newExit(g.Group, p.cmd.ProcessState, last, g.ranAt(began, ended))
	return &e
}

// attend lets calls to the process once it answers, closes ready once it says that it is, and
// kills it when it has answered nothing for long. It returns when ctx ends.
func (g *group) attend(ctx context.Context, p *process) {
	path, gap, heard := "/readyz", probeGap, time.Now()
	for ctx.Err() == nil {
		switch status := g.probe(ctx, path); {
		case status == 0 && ctx.Err() == nil && time.Since(heard) > silentTime:
			g.log.ErrorContext(ctx, "its process answers nothing, and is killed", slog.Duration("after", silentTime))
			p.stop(0)
		case status == http.StatusOK:
			g.first.Do(func() { close(g.ready) })
			path, gap = "/livez", liveGap
			fallthrough
		case status != 0:
			heard = time.Now()
			g.gate.set(true)
			g.metrics.up.WithLabelValues(g.Name).Set(1)
		}
		backoff.Sleep(ctx, gap)
	}
}

// probe asks the process how it is, and returns the status of its answer; 0 if there was
// none.
func (g *group) probe(ctx context.Context, path string) int {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return 0
	}
	r.Close = true // the next question may be to another process
	res, err := g.transport.RoundTrip(r)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// ranAt returns the functions that had calls when the process ended, which was at that time
// and began before: calls break off a moment before it is known, and its last output is awaited.
func (g *group) ranAt(began, ended time.Time) []string {
	const moment = outputDelay + 2*time.Second
	since := ended.Add(-moment)
	if since.Before(began) {
		since = began
	}
	var names []string
	for _, c := range g.calls {
		if c.ranSince(since) {
			names = append(names, c.function.Name)
		}
	}
	return names
}

// logExit logs and counts how a process ended, and says when the next one is started.
func (g *group) logExit(ctx context.Context, e exit, wait time.Duration) {
	attrs := []slog.Attr{
		slog.String("ended", e.String()), slog.Any("functions", g.names()), slog.Any("running", e.running),
		slog.String("again", "in "+wait.Round(time.Millisecond).String()),
	}
	if e.function != "" {
		attrs = append(attrs, slog.String("function", e.function))
	}
	if e.trace != "" {
		attrs = append(attrs, slog.String("trace", e.trace))
	}
	g.metrics.crashes.WithLabelValues(g.Name, e.function).Inc()
	g.log.LogAttrs(ctx, slog.LevelError, "the process of functions that run apart has ended", attrs...)
}

// printed logs what the process has printed that was no line of the log.
func (g *group) printed(ctx context.Context, text string) {
	if text != "" {
		g.log.InfoContext(ctx, "printed", slog.String("text", text))
	}
}
