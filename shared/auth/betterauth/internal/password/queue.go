package password

import (
	"context"
	"errors"
	"time"

	"switchyard/shared/fault"
)

// again is when who was turned away may come back: the queue of a busy server is
// then another one.
const again = 2 * time.Second

// errFull is why somebody is turned away.
var errFull = errors.New("too many passwords are being hashed")

// queue lets so many callers in at once, and so many wait.
type queue struct {
	inside  chan struct{} // one for each who is in
	present chan struct{} // one for each who is in or waits
}

func newQueue(parallel, waiting int) *queue {
	return &queue{inside: make(chan struct{}, parallel), present: make(chan struct{}, parallel+waiting)}
}

// enter waits for a place. The caller then calls leave, once. It fails with
// fault.Unavailable at once if too many wait, or when ctx ends.
func (q *queue) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, busy(context.Cause(ctx))
	}
	select {
	case q.present <- struct{}{}:
	default:
		return nil, busy(errFull)
	}
	select {
	case q.inside <- struct{}{}:
		return func() { <-q.inside; <-q.present }, nil
	case <-ctx.Done():
		<-q.present
		return nil, busy(context.Cause(ctx))
	}
}

func busy(cause error) error {
	return fault.New(fault.Unavailable, "Too many people are signing in right now. Try again in a moment.").
		Because(fault.RetryAfter(again, cause))
}
