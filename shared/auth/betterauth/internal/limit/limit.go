// Package limit counts requests in the table rateLimit, which all replicas and a
// Node server share, and says when there are too many.
//
// An allowed request begins the window anew; a refused one changes nothing. The
// table stays bounded: requests to what is no route share one row for each address,
// and rows whose window has passed are deleted.
package limit

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"switchyard/internal/names"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/db"
)

// Deleting rows whose window has passed.
const (
	sweepEvery = time.Minute // in each process
	sweepBatch = 10_000      // rows at once
)

// unknown stands for the address of all clients whose address is not known.
const unknown = "no-trusted-ip"

// Limiter counts requests. It is safe for concurrent use.
type Limiter struct {
	db        *db.DB
	names     names.Names
	nextSweep atomic.Int64 // milliseconds since 1970
}

// New returns a limiter that counts in d, where the table is called as n says.
func New(d *db.DB, n names.Names) *Limiter { return &Limiter{db: d, names: n} }

// count is one statement, so that of many requests at once no more are allowed than
// one after the other. What it says about the last request is of when it began.
//
// A row from far in the future, which a wrong clock left, counts as long past.
const count = `WITH counted AS (
		INSERT INTO "rateLimit" AS r (id, key, count, "lastRequest") VALUES ($1, $2, 1, $3)
		ON CONFLICT (key) DO UPDATE SET "lastRequest" = $3,
			count = CASE WHEN abs($3 - r."lastRequest") >= $4 THEN 1 ELSE r.count + 1 END
		WHERE abs($3 - r."lastRequest") >= $4 OR r.count < $5
		RETURNING r.id
	)
	SELECT EXISTS (SELECT FROM counted), coalesce((SELECT "lastRequest" FROM "rateLimit" WHERE key = $2), $3)`

// Allow counts a request from the address ip (see clientip.Stored; "" if it is not
// known) to path, the route below the base path ("" if there is none). If it is one
// too many, wait says after which time, in whole seconds, the next will be allowed.
func (l *Limiter) Allow(ctx context.Context, ip, path string, now time.Time) (wait time.Duration, err error) {
	if ip == "" {
		ip = unknown
	}
	rule := ruleOf(path)
	var allowed bool
	var last int64
	err = l.db.QueryRow(ctx, l.names.SQL(count), seal.ID(), ip+"|"+path, now.UnixMilli(), rule.window.Milliseconds(), rule.max).Scan(&allowed, &last)
	if err != nil {
		return 0, fmt.Errorf("limit: count a request: %w", err)
	}
	if !allowed {
		return rule.wait(now.UnixMilli() - last), nil
	}
	return 0, l.sweep(ctx, now)
}

// sweep deletes rows whose window has passed, if it is time to.
func (l *Limiter) sweep(ctx context.Context, now time.Time) error {
	at, next := now.UnixMilli(), l.nextSweep.Load()
	if at < next || !l.nextSweep.CompareAndSwap(next, at+sweepEvery.Milliseconds()) {
		return nil
	}
	_, err := l.db.Exec(ctx, l.names.SQL(`DELETE FROM "rateLimit" WHERE id IN (
			SELECT id FROM "rateLimit" WHERE abs($1 - "lastRequest") >= $2 LIMIT $3 FOR UPDATE SKIP LOCKED
		)`), at, longest.Milliseconds(), sweepBatch)
	if err != nil {
		return fmt.Errorf("limit: delete old rows: %w", err)
	}
	return nil
}
