package events

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/backoff"
	"switchyard/shared/fault"
)

// The relay's measures of time.
const (
	sendTimeout    = 30 * time.Second       // one request to Inngest
	deliverTime    = 35 * time.Second       // all requests of one turn
	canaryPatience = 5 * time.Second        // the request that sends a canary
	turnEvery      = 20 * time.Millisecond  // while events come: those of this time are sent together
	pollEvery      = 5 * time.Second        // in case a notification was missed, and for rows that become due
	fullPause      = 250 * time.Millisecond // until Inngest may have begun some of what fills a window
	doubtPause     = time.Second            // while Inngest is in doubt, or stuck
	busyPause      = time.Second            // while another relay works
	firstPause     = 250 * time.Millisecond // after a failure; doubled after each further one
	longPause      = 2 * time.Second        // the most the relay waits before it tries Inngest again
	dbPause        = time.Second            // the same for the database
	keepEvery      = time.Minute            // between two rounds of housekeeping
	flushTime      = 2 * time.Second        // for what is left when Relay is asked to end
)

// channel is what relays LISTEN to.
const channel = "outbox"

// Relay sends committed events to Inngest until ctx ends, and then, for two seconds
// at most, what is still waiting. It returns nil. Any number of processes may do so
// at once: they share the work.
//
// While Inngest or the database do not answer it keeps trying. An event that reaches
// Inngest before the jobs that listen are registered there starts no run, and is sent
// again. Trouble, and its end, goes to log.
func (b *Bus) Relay(ctx context.Context, log *slog.Logger) error {
	return b.newRelay(log).run(ctx)
}

func (r *relay) run(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	var beside sync.WaitGroup
	beside.Go(func() { r.listen(ctx, wake) })
	beside.Go(func() { r.keep(ctx) })
	defer beside.Wait()
	r.relays.Add(1)

	// A turn that has begun is not cut off: what Inngest has taken would be sent again.
	work, cancel := outlast(ctx, flushTime)
	defer cancel()
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		pause, err := r.drain(work)
		if ctx.Err() != nil {
			break
		}
		r.report(ctx, err, failures)
		if err != nil {
			failures++
			r.own = true                                  // another one may do better
			backoff.Sleep(ctx, pauseAfter(err, failures)) // a new event is no reason to try a dead server sooner
			continue
		}
		failures = 0
		wait(ctx, turnEvery-time.Since(began), nil, nil)
		r.own = wait(ctx, pause, wake, r.news)
	}
	r.relays.Add(-1) // from now on, publishers tell all
	r.own = true     // some may have told this one alone
	if failures == 0 {
		_, _ = r.drain(work) // what is not sent now stays in the outbox
	} else {
		_, _ = r.db.Exec(work, wakeRelays)
	}
	return nil
}

// outlast returns a context that ends d after ctx, or when the function is called.
func outlast(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		wait(longer, d, nil, nil)
		cancel()
	})
	return longer, func() {
		stop()
		cancel()
	}
}

// drain sends what is due, turn after turn, until nothing is, no more has room, or one
// fails. It returns how long there is nothing to do.
func (r *relay) drain(ctx context.Context) (time.Duration, error) {
	for {
		t, err := r.turn(ctx)
		if r.own && (err != nil || t.busy) {
			r.own = false
			_, _ = r.db.Exec(ctx, wakeRelays) // the one that works may have looked before these were committed
		}
		released := 0
		if err == nil && t.ripe() {
			released, err = r.releaseHeld(ctx)
		}
		switch {
		case err != nil:
			return 0, err
		case released == 0 && !t.more():
			return t.wait(), nil
		}
	}
}

// keep does the housekeeping until ctx ends, beside the turns: much of it must not hold up what is
// published meanwhile. What fails is done the next time.
func (r *relay) keep(ctx context.Context) {
	telling := func(err error) bool { // the turns report that the database is away
		return err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable)
	}
	for key, more := "", true; more; more = backoff.Sleep(ctx, keepEvery) {
		var err error
		if key, err = r.unstick(ctx, key); telling(err) {
			r.log.WarnContext(ctx, "events may be stuck behind others of their key", slog.Any("error", err))
		}
		if err := r.prune(ctx); telling(err) {
			r.log.WarnContext(ctx, "the ledger is not pruned", slog.Any("error", err))
		}
	}
}

// report logs the first failure and the first success after one.
func (r *relay) report(ctx context.Context, err error, failures int) {
	switch {
	case err != nil && failures == 0:
		r.log.WarnContext(ctx, "events cannot be sent; trying again", slog.Any("error", err))
	case err == nil && failures > 0:
		r.log.InfoContext(ctx, "events are sent again", slog.Int("failures", failures))
	}
}

// listen puts a token into wake whenever events have been committed, until ctx ends.
func (r *relay) listen(ctx context.Context, wake chan<- struct{}) {
	r.db.Listen(ctx, channel, func(ctx context.Context, conn *pgx.Conn) error {
		for {
			give(wake) // also once at first: for what was committed while nobody listened
			if _, err := conn.WaitForNotification(ctx); err != nil {
				return err
			}
		}
	}, nil) // the turns report that the database does not answer
}

// pauseAfter returns how long to wait after err, the last of so many failures in a row. A
// database that is being restarted is back soon.
func pauseAfter(err error, failures int) time.Duration {
	p := backoff.Policy{First: firstPause, Longest: longPause}
	if fault.Is(err, fault.Unavailable) {
		p.Longest = dbPause
	}
	return p.After(failures)
}

// give puts a token where there is room for one, unless there is one already.
func give(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// wait returns after d, when ctx ends, or when wake or news has a token. It reports whether that
// was news.
func wait(ctx context.Context, d time.Duration, wake, news <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	case <-news:
		return true
	}
	return false
}
