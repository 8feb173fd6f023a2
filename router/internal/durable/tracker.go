package durable

import (
	"context"
	"log/slog"
	"time"

	"switchyard/shared/events/ledger"
)

const (
	// ledgerPatience is how long a call waits for the database to answer: long enough
	// for one that is being restarted.
	ledgerPatience = 10 * time.Second
	ledgerTry      = 3 * time.Second        // one try
	ledgerGap      = 200 * time.Millisecond // between two
)

// tracker writes into the ledger what becomes of runs.
type tracker struct {
	ledger   *ledger.Ledger // nil: nobody needs to know
	grace    time.Duration  // see [Config.Grace]
	patience time.Duration  // with the ledger
	memory   *memory
	log      *slog.Logger
}

// follows reports whether the ledger is to know of a call.
func (t *tracker) follows(c *call) bool { return t.ledger != nil && len(c.tracked().Events) > 0 }

// begin leaves the call those events only that are its own to handle. If there are
// none, it returns for how long another run may still hold them.
func (t *tracker) begin(ctx context.Context, c *call) (held time.Duration, err error) {
	run := c.tracked()
	if t.remembers(ctx, c, run) {
		return 0, nil
	}
	claim := ledger.Claim{
		Within: c.target.timeout + t.grace, Rerun: c.target.reruns, Repeat: c.repeats(), Parallel: c.parallel, Events: c.told(),
	}
	var own ledger.Held
	err = t.insist(ctx, func(ctx context.Context) (err error) {
		if own, err = t.ledger.Begin(ctx, run, claim); err == nil && len(own.Events) == 0 {
			held, err = t.ledger.Held(ctx, run)
		}
		return err
	})
	if err == nil {
		c.keep(own.Events)
		c.known = own.Steps
	}
	return held, err
}

// remembers is begin for a run that was called here a moment ago, and holds its events for
// long enough. The ledger then hears of the call when it has ended, or has gone on for long.
// Where other runs may take the events at any time, it is always asked.
func (t *tracker) remembers(ctx context.Context, c *call, run ledger.Run) bool {
	m, known := t.memory.recall(c.memoryKey())
	quiet := time.Until(m.due) - t.grace/2
	if !known || quiet <= 0 || c.target.reruns {
		return false
	}
	c.keep(m.events)
	c.known = m.steps
	c.unclaimed = t.claimLater(ctx, c, run, quiet)
	return len(c.events) > 0
}

// claimLater says after d that the run is being called, unless it was told to stop before.
func (t *tracker) claimLater(ctx context.Context, c *call, run ledger.Run, d time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	timer := time.AfterFunc(d, func() {
		defer close(ended)
		err := t.insist(ctx, func(ctx context.Context) error {
			_, err := t.ledger.Extend(ctx, run, c.target.timeout+t.grace)
			return err
		})
		if err != nil && ctx.Err() == nil {
			t.log.WarnContext(ctx, "the ledger does not answer", slog.Any("error", err))
		}
	})
	return func() {
		cancel()
		if !timer.Stop() {
			<-ended
		}
	}
}

// ending is what becomes of a run after a call.
type ending struct {
	outcome ledger.Outcome // "" if it goes on
	within  time.Duration  // how soon it is called again, apart from the time it takes Inngest
	cause   string         // the error that the call has ended with
}

// settle writes what becomes of the run after a call.
func (t *tracker) settle(ctx context.Context, c *call, how ending) error {
	if c.unclaimed != nil {
		c.unclaimed()
	}
	run, asked, holds := c.tracked(), time.Now(), false
	run.Steps, run.Error = c.passed(), how.cause
	within := how.within + t.grace
	err := t.insist(ctx, func(ctx context.Context) (err error) {
		switch {
		case how.outcome != "":
			err = t.ledger.End(ctx, run, how.outcome)
		case c.parallel:
			holds, err = t.ledger.Extend(ctx, run, within)
		default:
			holds, err = t.ledger.Continue(ctx, run, within)
		}
		return err
	})
	if holds {
		t.memory.keep(c.memoryKey(), remembered{run.Events, c.knows(run.Steps), asked, asked.Add(within)})
	} else {
		t.memory.forget(c.memoryKey())
	}
	return err
}

// ending returns what becomes of the run after this answer.
func (a *answer) ending(c *call) ending {
	outcome, ended := a.ended(c)
	how := ending{within: a.next(c)}
	if outcome != ok {
		how.cause = a.cause(c.err)
	}
	if ended {
		how.outcome = map[string]ledger.Outcome{ok: ledger.Done, failed: ledger.Failed}[outcome]
	}
	return how
}

// insist tries do until it succeeds, as long as the host has patience.
func (t *tracker) insist(ctx context.Context, do func(context.Context) error) error {
	deadline := time.Now().Add(t.patience)
	for {
		try, cancel := context.WithTimeout(ctx, ledgerTry)
		err := do(try)
		cancel()
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(ledgerGap)
	}
}
