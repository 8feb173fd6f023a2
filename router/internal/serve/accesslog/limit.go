package accesslog

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Kind is a kind of lines, of which so many may come that they have to be limited.
type Kind int

// The kinds of lines.
const (
	Refused    Kind = iota // because there is too much to do
	ClientGone             // before it had its answer
	Failed
	kinds
	Ordinary = kinds // lines that are never limited
)

// String returns what the log calls requests that ended so.
func (k Kind) String() string {
	return [...]string{"refused", "client gone", "failed", "ordinary"}[k]
}

const (
	// eachSecond bounds the lines of one kind that are written about a route in a second.
	// Those that come after them are only counted.
	eachSecond = 10
	countEvery = time.Second
)

// limit counts lines of one kind about one route. The zero value is ready for use.
type limit struct {
	mu     sync.Mutex
	second int64 // now
	lines  int   // in it
	missed int   // lines not written since they were last counted
}

// take reports whether a line is to be written.
func (l *limit) take(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if second := now.Unix(); second != l.second {
		l.second, l.lines = second, 0
	}
	if l.lines++; l.lines > eachSecond {
		l.missed++
		return false
	}
	return true
}

// unwritten returns how many lines were not written, and forgets them.
func (l *limit) unwritten() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	missed := l.missed
	l.missed = 0
	return missed
}

// Routes are the routes of a host.
type Routes []*Route

// CountUnwritten logs, each second until ctx ends and once more then, how many requests have no
// line of their own.
func (all Routes) CountUnwritten(ctx context.Context) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			all.count(ctx)
		case <-ctx.Done():
			all.count(context.WithoutCancel(ctx))
			return
		}
	}
}

func (all Routes) count(ctx context.Context) {
	for _, r := range all {
		for kind := range r.limits {
			if missed := r.limits[kind].unwritten(); missed > 0 {
				r.others.Handle(ctx, countOf(Kind(kind), missed)) //nolint:errcheck // there is nobody to tell
			}
		}
	}
}

func countOf(kind Kind, missed int) slog.Record {
	line := slog.NewRecord(time.Now(), slog.LevelWarn, "requests without a line of their own", 0)
	line.AddAttrs(slog.String("outcome", kind.String()), slog.Int("count", missed))
	return line
}

// Limited returns a handler that writes no more lines in a second than there are of one kind
// about a route. It is for what strangers do to connections.
func Limited(next slog.Handler) slog.Handler { return limited{next, &limit{}} }

type limited struct {
	slog.Handler
	limit *limit
}

// Handle implements [slog.Handler].
func (l limited) Handle(ctx context.Context, line slog.Record) error {
	if !l.limit.take(line.Time) {
		return nil
	}
	return l.Handler.Handle(ctx, line)
}
