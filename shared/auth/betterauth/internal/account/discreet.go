package account

import (
	"context"
	"time"
)

// discretion is how long an answer takes, at least, that must not tell whether an
// address has an account. It is far more than the queries take that only one of
// the cases makes.
const discretion = 500 * time.Millisecond

// discreetly waits until discretion has passed since began. It fails if ctx ends
// before.
func discreetly(ctx context.Context, began time.Time) error {
	timer := time.NewTimer(time.Until(began.Add(discretion)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
