package events

import (
	"context"
	"log/slog"
	"time"

	"switchyard/internal/backoff"
	"switchyard/shared/events/ledger"
)

// What stands in for [Bus.Relay] on hosts that freeze a process between two calls, where
// nothing works in the background.

// Track returns a function that sends of what is due at least as much as has been
// published since Track was called, unless Inngest has no room for it. A host calls Track
// before a call and flush after it, when what the call published has been committed. What
// is not sent then waits for the next one, or for [Bus.Sweep].
func (b *Bus) Track() (flush func(context.Context) error) {
	before := b.published.Load()
	return func(ctx context.Context) error {
		left := b.published.Load() - before
		if left <= 0 {
			return nil
		}
		return b.turns(ctx, func(t *turn) bool {
			left -= int64(len(t.picked.send))
			return left > 0 && t.more()
		})
	}
}

// TrackRuns is [Bus.Track] for a call that may end runs of l's: the function that it
// returns sends the events that waited for those of their key.
func (b *Bus) TrackRuns(l *ledger.Ledger) (flush func(context.Context) error) {
	before := l.Keyed()
	return func(ctx context.Context) error {
		if l.Keyed() == before {
			return nil
		}
		turns := 0
		// The first turn finds that an event is done, and lets the next one go.
		return b.turns(ctx, func(*turn) bool { turns++; return turns < 2 })
	}
}

// flushTries is how often a flush asks whether the relay that works has ended its turn.
const flushTries = 20

// turns takes a turn, and others while more says so of the last one. It waits a little for
// a relay that works already, which may have looked before.
func (b *Bus) turns(ctx context.Context, more func(*turn) bool) error {
	r := b.newRelay(slog.New(slog.DiscardHandler))
	for tries := 0; ; {
		t, err := r.turn(ctx)
		switch {
		case err != nil:
			return err
		case !t.busy && !more(t):
			return nil
		case !t.busy:
		case tries == flushTries || !backoff.Sleep(ctx, flushTime/flushTries):
			return nil
		default:
			tries++
		}
	}
}

// A sweep waits while windows are full, as long as runs begin.
const (
	sweepTime  = 40 * time.Second // altogether
	sweepIdles = 8                // turns in a row in which nothing could be sent
)

// patient returns a condition for more turns that waits while windows are full.
func patient(ctx context.Context) func(*turn) bool {
	end, idle := time.Now().Add(sweepTime), 0
	return func(t *turn) bool {
		if idle++; len(t.results.taken) > 0 {
			idle = 0
		}
		switch {
		case t.more():
			return true
		case len(t.picked.full) == 0 || idle > sweepIdles || time.Now().After(end):
			return false
		}
		return backoff.Sleep(ctx, fullPause)
	}
}

// Sweep does once what [Bus.Relay] does again and again: it sends what is due, as fast as
// its runs begin and for 40 seconds at most, and does the housekeeping. Something has to
// call it every minute or so.
func (b *Bus) Sweep(ctx context.Context) error {
	for released := 1; released > 0; {
		var err error
		if released, err = b.releaseHeld(ctx); err != nil {
			return err
		}
	}
	if err := b.turns(ctx, patient(ctx)); err != nil {
		return err
	}
	for after, more := "", true; more; more = after != "" {
		var err error
		if after, err = b.unstick(ctx, after); err != nil {
			return err
		}
	}
	return b.prune(ctx)
}
