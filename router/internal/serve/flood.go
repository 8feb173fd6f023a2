package serve

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// floodKind is a kind of lines that may come in floods.
type floodKind int

const (
	refusals   floodKind = iota // for want of room
	departures                  // of clients
	failures
	floodKinds
	ordinary = floodKinds // lines that are never too many
)

// String returns what the log calls requests that ended so.
func (k floodKind) String() string {
	return [...]string{"refused", "client gone", "failed", "ordinary"}[k]
}

const (
	// eachSecond bounds the lines of one kind that are written about a route in a second.
	// Those that come after them are only counted.
	eachSecond = 10
	countEvery = time.Second
)

// flood counts lines of one kind about one route. The zero value is ready for use.
type flood struct {
	mu     sync.Mutex
	second int64 // now
	lines  int   // in it
	missed int   // lines not written since the last count was told
}

// take reports whether a line is to be written.
func (f *flood) take(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if second := now.Unix(); second != f.second {
		f.second, f.lines = second, 0
	}
	if f.lines++; f.lines > eachSecond {
		f.missed++
		return false
	}
	return true
}

// tell returns how many lines were not written, and forgets them.
func (f *flood) tell() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	missed := f.missed
	f.missed = 0
	return missed
}

// tellFloods logs how many requests have no line of their own.
func (h *Host) tellFloods(ctx context.Context) {
	for _, a := range h.accesses {
		for kind := range a.floods {
			if missed := a.floods[kind].tell(); missed > 0 {
				a.others.Handle(ctx, countOf(floodKind(kind), missed)) //nolint:errcheck // there is nobody to tell
			}
		}
	}
}

func countOf(kind floodKind, missed int) slog.Record {
	line := slog.NewRecord(time.Now(), slog.LevelWarn, "requests without a line of their own", 0)
	line.AddAttrs(slog.String("outcome", kind.String()), slog.Int("count", missed))
	return line
}

// countFloods calls tellFloods until ctx ends, and once more then.
func (h *Host) countFloods(ctx context.Context) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			h.tellFloods(ctx)
		case <-ctx.Done():
			h.tellFloods(context.WithoutCancel(ctx))
			return
		}
	}
}

// bounded handles lines about what strangers do to connections: it writes no more of them
// in a second than there are about a route.
type bounded struct {
	slog.Handler
	flood *flood
}

// Handle implements [slog.Handler].
func (b bounded) Handle(ctx context.Context, line slog.Record) error {
	if !b.flood.take(line.Time) {
		return nil
	}
	return b.Handler.Handle(ctx, line)
}
