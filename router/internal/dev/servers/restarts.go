package servers

import (
	"slices"
	"time"

	"switchyard/internal/backoff"
)

// Restarts says how long to wait before something that ended by itself is started again.
type Restarts struct{ ends []time.Time }

// How often something may end by itself.
const (
	mostEnds   = 5
	endsWithin = time.Minute
)

// restart has the pauses before something that ended is started again.
var restart = backoff.Policy{First: 200 * time.Millisecond, Longest: 4 * time.Second} //nolint:gochecknoglobals // a constant, were it no struct

// Next returns the pause before the next start, or false if there were too many
// ends of late.
func (r *Restarts) Next(now time.Time) (time.Duration, bool) {
	r.ends = slices.DeleteFunc(r.ends, func(end time.Time) bool { return now.Sub(end) >= endsWithin })
	r.ends = append(r.ends, now)
	if len(r.ends) > mostEnds {
		return 0, false
	}
	return restart.After(len(r.ends)), true
}
