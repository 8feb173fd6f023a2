package durable

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	sdkerrors "github.com/inngest/inngestgo/errors"

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
	log      *slog.Logger
}

// follows reports whether the ledger is to know of a call.
func (t *tracker) follows(c *call) bool { return t.ledger != nil && len(c.tracked().Events) > 0 }

// begin leaves the call those events only that are its own to handle. If there are
// none, it returns for how long another run may still hold them.
func (t *tracker) begin(ctx context.Context, c *call) (held time.Duration, err error) {
	run := c.tracked()
	claim := ledger.Claim{Within: c.callee.timeout + t.grace, Rerun: c.callee.reruns, Parallel: c.parallel}
	var own []uuid.UUID
	err = t.insist(ctx, func(ctx context.Context) (err error) {
		if own, err = t.ledger.Begin(ctx, run, claim); err == nil && len(own) == 0 {
			held, err = t.ledger.Held(ctx, run)
		}
		return err
	})
	if err == nil {
		c.keep(own)
	}
	return held, err
}

// settle writes what becomes of the run after this answer.
func (t *tracker) settle(ctx context.Context, c *call, a *answer) error {
	run := c.tracked()
	outcome, ended := a.ended(c)
	how := map[string]ledger.Outcome{ok: ledger.Done, failed: ledger.Failed}[outcome]
	return t.insist(ctx, func(ctx context.Context) error {
		switch within := a.next(c) + t.grace; {
		case ended:
			return t.ledger.End(ctx, run, how)
		case c.parallel:
			return t.ledger.Extend(ctx, run, within)
		default:
			return t.ledger.Continue(ctx, run, within)
		}
	})
}

// settleConnected is settle for a call whose answer is not seen. It fails with
// errNotEnded.
func (t *tracker) settleConnected(ctx context.Context, c *call, follows bool, err error) error {
	outcome := c.outcome(err)
	if !follows || outcome == skipped {
		return nil
	}
	run := c.tracked()
	failure := t.insist(context.WithoutCancel(ctx), func(ctx context.Context) error {
		switch {
		case c.leftForStep:
			return t.ledger.Extend(ctx, run, unknownWait)
		case outcome == retried:
			within := retryWait(c.attempt) + jitter
			if at := sdkerrors.GetRetryAtTime(err); at != nil {
				within = time.Until(*at)
			}
			return t.ledger.Extend(ctx, run, within+t.grace)
		case outcome == failed:
			return t.ledger.End(ctx, run, ledger.Failed)
		}
		return t.ledger.End(ctx, run, ledger.Done)
	})
	if failure == nil {
		return nil
	}
	t.log.WarnContext(ctx, "the ledger does not answer", slog.Any("error", failure))
	return errNotEnded
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
