package events

import (
	"context"
	"log/slog"

	"switchyard/shared/events/ledger"
)

// What stands in for [Bus.Run] on hosts that freeze a process between two calls, where
// nothing works in the background.

// Track returns a function that sends of what is due at least as much as has been
// published since Track was called. A host calls Track before a call and flush after
// it, when what the call published has been committed. What is not sent then waits for
// the next one, or for [Bus.Sweep].
func (b *Bus) Track() (flush func(context.Context) error) {
	before := b.published.Load()
	return func(ctx context.Context) error {
		r := b.relay(slog.New(slog.DiscardHandler))
		for left := b.published.Load() - before; left > 0; {
			n, err := r.batch(ctx)
			if err != nil || n == 0 {
				return err
			}
			left -= int64(n)
		}
		return nil
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
		r := b.relay(slog.New(slog.DiscardHandler))
		// The first batch finds that an event is done, and lets the next one go.
		if n, err := r.batch(ctx); err != nil || n == 0 {
			return err
		}
		_, err := r.batch(ctx)
		return err
	}
}

// Sweep does once what [Bus.Run] does again and again: it sends all that is due, and
// does the housekeeping. Something has to call it every minute or so.
func (b *Bus) Sweep(ctx context.Context) error {
	if err := b.relay(slog.New(slog.DiscardHandler)).drain(ctx); err != nil {
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
