// Package backoff says how long to wait before something that has failed is tried again: longer
// after each failure in a row, and a little different for each one that waits.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Policy is a range of waits. Both of its ends are positive.
type Policy struct {
	First   time.Duration // after the first failure
	Longest time.Duration // however many there are
}

// After returns how long to wait after so many failures in a row, counted from 1. The
// wait is First, twice as long after each further failure, and Longest at most; the
// second half of it is left to chance, so that many who failed together do not come
// back together.
func (p Policy) After(failures int) time.Duration {
	d := min(p.First, p.Longest)
	for range failures - 1 {
		if d >= p.Longest {
			break
		}
		d = min(2*d, p.Longest)
	}
	return d/2 + rand.N(d-d/2)
}

// Sleep waits for d, or until ctx ends. It reports whether it has waited for all of d.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
