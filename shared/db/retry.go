package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/backoff"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// A transaction that others were in the way of is tried so often in all, after such waits.
const txTries = 5

var txWaits = backoff.Policy{First: 10 * time.Millisecond, Longest: 250 * time.Millisecond} //nolint:gochecknoglobals // a constant, were it no struct

var errGaveUp = errors.New("others were in the way each time")

// conflicted reports whether err says that PostgreSQL has given the transaction up for
// others, and that it may succeed if it is begun again: 40001 is a serialization failure,
// 40P01 a deadlock.
func conflicted(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code == "40001" || refused.Code == "40P01") && !errors.Is(err, errGaveUp)
}

// again reports whether a transaction that failed so often for others is to be tried again,
// after a wait.
func (d *DB) again(ctx context.Context, failures int) bool {
	if failures == txTries || !backoff.Sleep(ctx, txWaits.After(failures)) {
		return false
	}
	d.bulkheads.retry(fn.CallOf(ctx))
	return true
}

// gaveUp returns err, for which a transaction failed so often.
func gaveUp(err error, failures int) error {
	cause := fault.RetryAfter(time.Second, fmt.Errorf("%w (%d): %w", errGaveUp, failures, err))
	return fault.New(fault.Unavailable, "Others are changing the same. Try again in a second.").Because(cause)
}
