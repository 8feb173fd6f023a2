package servers

import (
	"context"
	"slices"
	"time"
)

// Restarts says how long to wait before something that ended by itself is started again.
type Restarts struct{ ends []time.Time }

// How often something may end by itself.
const (
	mostEnds   = 5
	endsWithin = time.Minute
)

// Next returns the pause before the next start, or false if there were too many
// ends of late.
func (l *Restarts) Next(now time.Time) (time.Duration, bool) {
	l.ends = slices.DeleteFunc(l.ends, func(end time.Time) bool { return now.Sub(end) >= endsWithin })
	l.ends = append(l.ends, now)
	if len(l.ends) > mostEnds {
		return 0, false
	}
	return 100 * time.Millisecond << len(l.ends), true
}

// Sleep waits for d, and reports whether ctx has not ended before.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
