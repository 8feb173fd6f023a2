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
	Rejected // for what was sent: 4xx
	Ordinary
	kinds
)

// String returns what the log calls requests that ended so.
func (k Kind) String() string {
	return [...]string{"refused", "client gone", "failed", "rejected", "ordinary"}[k]
}

// eachSecond returns how many lines of kind k are written in a second: about a route, or if
// they are ordinary about all routes of the host. Those that come after them are only counted.
func (k Kind) eachSecond() int { return [...]int{few, few, few, some, many}[k] }

const (
	few, some, many = 10, 50, 2000
	countEvery      = time.Second
)

// limit counts lines of one kind. The zero value is ready for use.
type limit struct {
	mu     sync.Mutex
	second int64 // now
	lines  int   // in it
	missed int   // lines not written since they were last counted
}

// take reports whether a line is to be written, of which there may be so many in a second.
func (l *limit) take(now time.Time, bound int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if second := now.Unix(); second != l.second {
		l.second, l.lines = second, 0
	}
	l.lines++
	return l.lines <= bound
}

// miss counts a line that is not written.
func (l *limit) miss() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.missed++
}

// unwritten returns how many lines were not written, and forgets them.
func (l *limit) unwritten() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	missed := l.missed
	l.missed = 0
	return missed
}

// Budget bounds the ordinary lines of a host. The zero Budget is ready for use.
type Budget struct{ lines limit }

// may reports whether a line of this kind is to be written now, or else counts it.
func (r *Route) may(kind Kind, now time.Time) bool {
	l := &r.limits[kind]
	if kind == Ordinary {
		l = &r.budget.lines
	}
	if l.take(now, kind.eachSecond()) {
		return true
	}
	r.limits[kind].miss()
	return false
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
				_ = r.next.Handle(ctx, r.countOf(Kind(kind), missed)) // there is nobody to tell
			}
		}
	}
}

func (r *Route) countOf(kind Kind, missed int) slog.Record {
	level := slog.LevelWarn
	if kind >= Rejected {
		level = slog.LevelInfo
	}
	line := slog.NewRecord(time.Now(), level, "requests without a line of their own", 0)
	line.AddAttrs(r.attrs(false)...)
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
	if !l.limit.take(line.Time, few) {
		return nil
	}
	return l.Handler.Handle(ctx, line)
}
