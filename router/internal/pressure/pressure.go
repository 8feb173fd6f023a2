// Package pressure keeps the process from being ended by the kernel because memory runs out:
// it watches how much is in use, and when it gets close to the limit it has the function that
// holds most of it refused, until memory is free again. The others go on.
//
//	watch    when                  pressure.go
//	usage    how much is in use    usage.go
//	holders  who holds it          holders.go
package pressure

import (
	"cmp"
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Parts of the limit.
const (
	full   = 0.95 // in use, garbage and all: garbage is collected now, if Go has not done so
	high   = 0.85 // needed: the function that holds most is refused
	low    = 0.70 // needed: it is not refused any more
	stands = 0.25 // held by one function: less is not worth refusing it
)

const (
	defaultEvery = 100 * time.Millisecond
	defaultLeast = 5 * time.Second
	// Nothing is done after garbage was collected for as long as that took, within these
	// bounds: it must not become all that the process does.
	minRest = time.Second
	maxRest = 4 * time.Second
	// remind is how often it is said that memory runs out and no function stands out.
	remind = time.Minute
)

// Config has the parts of a [Watch].
type Config struct {
	// Limit is how many bytes the process may use; 0: there is nothing to watch.
	Limit int64
	// Functions are the names of those that may be refused.
	Functions []string
	// Shut has the calls of a function refused, and the contexts of those that run end. Open
	// undoes it.
	Shut func(function string)
	Open func(function string)
	// Logger gets a line when a function is refused, and when it no longer is.
	Logger *slog.Logger
	// Every is how often to look. Defaults to 100 ms.
	Every time.Duration
	// Least is how long a function is refused at least, so that one that would take the memory
	// again at once does not do so every other second. Defaults to 5 s.
	Least time.Duration
}

// Watch watches the memory of the process. Make one with [New].
type Watch struct {
	config Config

	mu   sync.Mutex
	shut string         // the function that is refused; "" for none
	of   map[string]int // how often each was

	quiet    time.Time // until when garbage is not collected again
	since    time.Time // when the function was refused
	reminded time.Time
}

// New returns a watch that has not begun.
func New(c Config) *Watch {
	c.Every, c.Least = cmp.Or(c.Every, defaultEvery), cmp.Or(c.Least, defaultLeast)
	return &Watch{config: c, of: map[string]int{}}
}

// Run watches until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	if w.config.Limit == 0 {
		return
	}
	tick := time.NewTicker(w.config.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look(ctx)
		}
	}
}

// look does what there is to do about the memory that is in use now.
func (w *Watch) look(ctx context.Context) {
	now := Now()
	near := w.part(now.Needed) >= high || w.part(now.Used) >= full
	if !near && w.Refused() == "" || time.Now().Before(w.quiet) {
		return
	}
	now = w.collect()
	switch refused := w.Refused(); {
	case refused != "" && w.part(now.Needed) < low && time.Since(w.since) >= w.config.Least:
		w.open(ctx, refused, now)
	case refused == "" && (w.part(now.Needed) >= high || w.part(now.Used) >= full):
		w.relieve(ctx, now)
	}
}

// part returns how much of the limit bytes are.
func (w *Watch) part(bytes int64) float64 { return float64(bytes) / float64(w.config.Limit) }

// collect collects garbage and gives the system what is free. It returns what is in use then.
func (w *Watch) collect() Usage {
	began := time.Now()
	debug.FreeOSMemory()
	w.quiet = time.Now().Add(min(max(time.Since(began), minRest), maxRest))
	return Now()
}

// relieve has the function refused that holds most of the memory, if one stands out.
func (w *Watch) relieve(ctx context.Context, now Usage) {
	function, held := most(holders(w.config.Functions))
	if w.part(held) < stands {
		if time.Since(w.reminded) > remind {
			w.reminded = time.Now()
			w.config.Logger.ErrorContext(ctx, "memory runs out, and no function holds much of it: give the container more, or let fewer requests in",
				w.figures(now)...)
		}
		return
	}
	w.since = time.Now()
	w.mu.Lock()
	w.shut = function
	w.of[function]++
	w.mu.Unlock()
	w.config.Shut(function)
	w.config.Logger.ErrorContext(ctx, "memory runs out: the function that holds most of it is refused until there is some again",
		append(w.figures(now), slog.String("function", function), slog.Int64("held", held))...)
}

func (w *Watch) open(ctx context.Context, function string, now Usage) {
	w.mu.Lock()
	w.shut = ""
	w.mu.Unlock()
	w.config.Open(function)
	w.config.Logger.InfoContext(ctx, "there is memory again: the function is no longer refused", append(w.figures(now), slog.String("function", function))...)
}

func (w *Watch) figures(now Usage) []any {
	return []any{slog.Int64("needed", now.Needed), slog.Int64("used", now.Used), slog.Int64("limit", w.config.Limit)}
}

// Limit returns how many bytes the process may use; 0 if nobody says.
func (w *Watch) Limit() int64 { return w.config.Limit }

// Refused returns the function that is refused now; "" if there is none.
func (w *Watch) Refused() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shut
}

// Times calls yield with each function and how often it was refused.
func (w *Watch) Times(yield func(function string, times int)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range w.config.Functions {
		yield(name, w.of[name])
	}
}
