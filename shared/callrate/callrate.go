// Package callrate counts, for all replicas together, how often clients call functions: in the
// table call_rate. Hosts use it for functions whose Spec has a RateLimit; see fn.Rate.
//
// The table holds hashes of clients, and no row for longer than its client is limited.
package callrate

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"switchyard/internal/backoff"
	"switchyard/shared/db"
)

// How rows are deleted whose clients are not limited any more.
const (
	sweepEvery = time.Minute // in each process
	sweepBatch = 10_000      // rows at once
)

// Rates are the rates of all replicas. They are safe for concurrent use.
type Rates struct{ db *db.DB }

// Open returns the rates in d. It makes no call to the database.
func Open(_ context.Context, d *db.DB) (*Rates, error) { return &Rates{d}, nil }

// take is one statement, so that of many calls at once no more are allowed than one after the
// other, and all by the clock of the database. What it says of a refused call is of when it
// began. The table is unlogged, so that nothing waits for a disk: a crash empties it.
const take = `WITH taken AS (
		INSERT INTO call_rate AS r (key, until) VALUES ($1, now() + $2::interval)
		ON CONFLICT (key) DO UPDATE SET until = greatest(r.until, now()) + $2::interval
		WHERE r.until <= now() + $3::interval - $2::interval
		RETURNING r.until
	)
	SELECT EXISTS (SELECT FROM taken),
		coalesce((SELECT until FROM taken), (SELECT until FROM call_rate WHERE key = $1), now() + $3::interval) - now()`

// Take counts a call of a client to a function, if the client may make it: one in each interval,
// and as many at once as a whole window has intervals. ok says whether the client may; if not,
// the call is not counted. used is how much of the window the counted calls use up.
func (r *Rates) Take(ctx context.Context, function, client string, interval, window time.Duration) (used time.Duration, ok bool, err error) {
	err = r.db.QueryRow(ctx, take, key(function, client), interval, window).Scan(&ok, &used)
	if err != nil {
		return 0, false, fmt.Errorf("callrate: count a call: %w", err)
	}
	return used, ok, nil
}

// GiveBack undoes a [Rates.Take], for a call of which is known only afterwards that it does not
// count.
func (r *Rates) GiveBack(ctx context.Context, function, client string, interval time.Duration) error {
	_, err := r.db.Exec(ctx, `UPDATE call_rate SET until = until - $2::interval WHERE key = $1`, key(function, client), interval)
	if err != nil {
		return fmt.Errorf("callrate: give a call back: %w", err)
	}
	return nil
}

// key returns the hash of a function and a client.
func key(function, client string) uuid.UUID {
	sum := sha256.Sum256([]byte(function + "\x00" + client))
	return uuid.UUID(sum[:16])
}

// Run deletes rows whose clients are not limited any more, until ctx ends.
func (r *Rates) Run(ctx context.Context, log *slog.Logger) error {
	for backoff.Sleep(ctx, sweepEvery) {
		if err := r.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "cannot delete old rates of calls; trying again in a minute", slog.Any("error", err))
		}
	}
	return nil
}

// Sweep deletes rows whose clients are not limited any more.
func (r *Rates) Sweep(ctx context.Context) error {
	_, err := r.db.Exec(ctx, `DELETE FROM call_rate WHERE key IN (
		SELECT key FROM call_rate WHERE until < now() LIMIT $1 FOR UPDATE SKIP LOCKED)`, sweepBatch)
	if err != nil {
		return fmt.Errorf("callrate: delete old rows: %w", err)
	}
	return nil
}
