package registration

import (
	"errors"
	"log/slog"
	"time"

	"switchyard/internal/backoff"
)

// MaxWait is the longest wait between two tries.
const MaxWait = 30 * time.Second

const (
	firstWait = 250 * time.Millisecond
	// logEvery is after how many failures the reason is logged again: about every ten
	// minutes.
	logEvery = 20
	// reachedWithin bounds the time that a proxy or a load balancer takes to let requests through
	// to a service that has started.
	reachedWithin = 5 * time.Second
)

// Failures are those of one thing in a row. The zero value is none.
type Failures struct {
	count  int
	reason string // of the last one that was logged
	began  time.Time
}

// Add adds one, and returns the level at which it is logged: a warning if its reason is
// new, or lasts, else for debugging. A service that is not reached may not be reached yet,
// and is worth a warning after a few seconds.
func (f *Failures) Add(err error) slog.Level {
	if f.count++; f.count == 1 {
		f.began = time.Now()
	}
	_, unreached := errors.AsType[unreachedError](err)
	if unreached && time.Since(f.began) < reachedWithin {
		return slog.LevelDebug
	}
	fresh := err.Error() != f.reason
	f.reason = err.Error()
	if fresh || f.count%logEvery == 0 {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// Count returns how many there are.
func (f *Failures) Count() int { return f.count }

// Wait returns how long to wait before the next try, [MaxWait] at most.
func (f *Failures) Wait() time.Duration {
	return backoff.Policy{First: firstWait, Longest: MaxWait}.After(f.count)
}
