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

// patience is how long somebody waits at most, so that there is time left for the
// rest of what they came for.
const patience = 10 * time.Second

// errSlow is why somebody who waited that long is turned away.
var errSlow = errors.New("hashing passwords takes too long")

// errFull is why somebody is turned away.
var errFull = errors.New("too many passwords are being hashed")

// gate lets so many callers in at once, and so many wait.
type gate struct {
	inside  chan struct{} // one for each who is in
	present chan struct{} // one for each who is in or waits
}

func newGate(parallel, waiting int) *gate {
	return &gate{inside: make(chan struct{}, parallel), present: make(chan struct{}, parallel+waiting)}
}

// enter waits for a place. The caller then calls leave, once. It fails with
// fault.Unavailable at once if too many wait, when ctx ends, or after [patience].
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, busy(context.Cause(ctx))
	}
	select {
	case g.present <- struct{}{}:
	default:
		return nil, busy(errFull)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case g.inside <- struct{}{}:
		return func() { <-g.inside; <-g.present }, nil
	case <-late.C:
		<-g.present
		return nil, busy(errSlow)
	case <-ctx.Done():
		<-g.present
		return nil, busy(context.Cause(ctx))
	}
}

func busy(cause error) error {
	return fault.New(fault.Unavailable, "Too many people are signing in right now. Try again in a moment.").
		Because(fault.RetryAfter(again, cause))
}
