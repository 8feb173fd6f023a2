// Package limit counts requests in the table rateLimit, which all replicas share,
// and says when there are too many.
package limit

import (
	"context"
	"time"

	"switchyard/shared/db"
)

// Limiter counts requests. It is safe for concurrent use.
type Limiter struct{ db *db.DB }

// New returns a limiter that counts in d.
func New(d *db.DB) *Limiter { return &Limiter{db: d} }

// Allow counts a request from the address ip ("" if it is not known) to path, the
// route below the base path ("" if there is none). If it is one too many, wait
// says after which time, in whole seconds, the next will be allowed.
func (l *Limiter) Allow(ctx context.Context, ip, path string, now time.Time) (wait time.Duration, err error) {
	panic("not built yet")
}
