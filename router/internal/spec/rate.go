package spec

import (
	"fmt"
	"time"

	"switchyard/shared/fn"
)

// What a rate may be.
const (
	maxCalls = 1_000_000
	minPer   = time.Second
	maxPer   = 24 * time.Hour
)

// exact is the shortest interval of a rate that is kept over all replicas: so often may one
// client ask the database.
const exact = time.Second / 10

// Rate checks a RateLimit, which may lack its defaults.
func Rate(r fn.Rate) error {
	switch {
	case r.Limit < 0 || r.Limit > maxCalls:
		return fmt.Errorf("RateLimit has the Limit %d: want 0, for no bound, to %d", r.Limit, maxCalls)
	case r.Per != 0 && (r.Per < minPer || r.Per > maxPer):
		return fmt.Errorf("RateLimit has the Per %v: want 1 s to 24 h", r.Per)
	case r.By != fn.ByCaller && r.By != fn.ByAddress:
		return fmt.Errorf("RateLimit has the By %d: want fn.ByCaller or fn.ByAddress", int(r.By))
	}
	return nil
}

// Exact reports whether r is to be kept over all replicas if the function uses the database
// anyway.
func Exact(r fn.Rate) bool {
	if r.Per == 0 {
		r.Per = fn.DefaultPer
	}
	return r.Limit > 0 && r.Interval() >= exact
}
