package durable

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"switchyard/shared/events/ledger"
)

const (
	// patience is how long a call waits for the database to answer: long enough
	// for one that is being restarted.
	patience  = 10 * time.Second
	ledgerTry = 3 * time.Second        // one try
	ledgerGap = 200 * time.Millisecond // between two
	// handledElsewhere is what a run says that had nothing to do.
	handledElsewhere = "another run of this function handles the event, or has handled it"
)

// run serves a call that may be served. If it handles events of ours, the ledger
// knows of it before the function runs, and how it ended before Inngest does:
//
//   - A call whose events are all another run's ends its run, without the function.
//   - Without the ledger no function runs: the call is to be tried again.
//   - If the end cannot be written, it is no end: the call is to be tried again,
//     and what is not in a step runs twice. That a run goes on need not be written:
//     at worst Inngest is asked too early whether it still has the event.
func (h *Host) run(r *http.Request, c *call) *answer {
	run := c.tracked()
	if h.ledger == nil || len(run.Events) == 0 {
		h.runs.add(c.run, c.target.slug)
		return h.serveSDK(r)
	}
	claim := ledger.Claim{Within: c.target.timeout + h.grace, Rerun: c.target.reruns, Beside: c.beside}
	err := insist(r.Context(), func(ctx context.Context) error {
		own, err := h.ledger.Begin(ctx, run, claim)
		if err == nil {
			c.keep(own)
		}
		return err
	})
	if err != nil {
		c.err = err
		return says(http.StatusServiceUnavailable, "message", "the database does not answer, so nothing was run")
	}
	if len(c.events) == 0 {
		c.skipped = true
		return says(http.StatusOK, "skipped", handledElsewhere)
	}
	h.runs.add(c.run, c.target.slug)
	a := h.serveSDK(r)
	ctx := context.WithoutCancel(r.Context())
	if err := h.settle(ctx, c, a); err != nil {
		h.log.WarnContext(ctx, "what has become of a run is not written down", slog.String("function", c.target.name),
			slog.String("run", c.run), slog.Any("error", err))
		if _, ended := a.ended(c); ended && !c.last {
			c.err = err
			return says(http.StatusServiceUnavailable, "message", "the database does not answer, so the end of the run was not noted")
		}
	}
	return a
}

// serveSDK lets the SDK answer. If it finds no step to run it says that the run has
// come to its end, with nothing, where it should say that a release of the function
// does not have the step that another one has planned.
func (h *Host) serveSDK(r *http.Request) *answer {
	a := newAnswer()
	h.sdk.ServeHTTP(a, r)
	if c := callOf(r.Context()); c.left && a.status == http.StatusOK {
		c.err = errStepMissing
		return says(http.StatusInternalServerError, "message", errStepMissing.Error())
	}
	return a
}

// settle writes what becomes of the run after this answer.
func (h *Host) settle(ctx context.Context, c *call, a *answer) error {
	run := c.tracked()
	outcome, ended := a.ended(c)
	how := map[string]ledger.Outcome{ok: ledger.Done, failed: ledger.Failed}[outcome]
	return insist(ctx, func(ctx context.Context) error {
		switch within := a.next(c) + h.grace; {
		case ended:
			return h.ledger.End(ctx, run, how)
		case c.beside:
			return h.ledger.Extend(ctx, run, within)
		default:
			return h.ledger.Continue(ctx, run, within)
		}
	})
}

// insist tries do until it succeeds, for [patience] at most.
func insist(ctx context.Context, do func(context.Context) error) error {
	deadline := time.Now().Add(patience)
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
