package durable

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/events/ledger"
)

const (
	// ledgerPatience is how long a call waits for the database to answer: long enough
	// for one that is being restarted.
	ledgerPatience = 10 * time.Second
	ledgerTry      = 3 * time.Second        // one try
	ledgerGap      = 200 * time.Millisecond // between two
)

var (
	errNotBegun = errors.New("the database does not answer, so nothing was run")
	errNotEnded = errors.New("the database does not answer, so the end of the run was not noted")
)

// run serves a call that may be served. If it handles events of ours, the ledger
// knows of it before the function runs, and how it ended before Inngest does:
//
//   - A call whose events are all handled by another run ends its run, without the
//     function. If the other run goes on, as far as is known, this one sleeps until it
//     should have been heard of: should that be lost, nobody but this one is left, as
//     Inngest begins no third run for one event.
//   - Without the ledger no function runs: the call is to be tried again.
//   - If the end cannot be written, it is no end: the call is to be tried again,
//     and what is not in a step runs twice. That a run goes on need not be written:
//     at worst Inngest is asked too early whether it still has the event.
func (h *Host) run(r *http.Request, c *call) *answer {
	if !h.follows(c) {
		h.runs.add(c.run, c.callee.slug)
		return h.serveSDK(r)
	}
	held, err := h.begin(r.Context(), c)
	switch {
	case err != nil:
		c.err = errNotBegun
		h.log.WarnContext(r.Context(), "the ledger does not answer", slog.Any("error", err))
		return says(http.StatusServiceUnavailable, errNotBegun.Error())
	case len(c.events) == 0 && held > 0:
		c.skipped = true
		return sleep(held)
	case len(c.events) == 0:
		c.skipped = true
		return written(http.StatusOK, handledElsewhere())
	}
	h.runs.add(c.run, c.callee.slug)
	a := h.serveSDK(r)
	ctx := context.WithoutCancel(r.Context())
	if err := h.settle(ctx, c, a); err != nil {
		h.log.WarnContext(ctx, "the ledger does not answer", slog.Any("error", err))
		if _, ended := a.ended(c); ended && !c.last {
			c.err = errNotEnded
			return says(http.StatusServiceUnavailable, errNotEnded.Error())
		}
	}
	return a
}

// handledElsewhere is what a run says that had nothing to do.
func handledElsewhere() map[string]string {
	return map[string]string{"skipped": "another run of this function has handled the event"}
}

// follows reports whether the ledger is to know of a call.
func (h *Host) follows(c *call) bool { return h.ledger != nil && len(c.tracked().Events) > 0 }

// begin leaves the call those events only that are its own to handle. If there are
// none, it returns for how long another run may still hold them.
func (h *Host) begin(ctx context.Context, c *call) (held time.Duration, err error) {
	run := c.tracked()
	claim := ledger.Claim{Within: c.callee.timeout + h.grace, Rerun: c.callee.reruns, Parallel: c.parallel}
	var own []uuid.UUID
	err = h.insist(ctx, func(ctx context.Context) (err error) {
		if own, err = h.ledger.Begin(ctx, run, claim); err == nil && len(own) == 0 {
			held, err = h.ledger.Held(ctx, run)
		}
		return err
	})
	if err == nil {
		c.keep(own)
	}
	return held, err
}

// serveSDK lets the SDK answer. If it finds no step to run it says that the run has
// come to its end, with nothing, where it should say that a release of the function
// does not have the step that another one has planned.
func (h *Host) serveSDK(r *http.Request) *answer {
	a := newAnswer()
	h.sdk.ServeHTTP(a, r)
	if c := callOf(r.Context()); c.leftForStep && a.status == http.StatusOK {
		c.err = errStepMissing
		return says(http.StatusInternalServerError, errStepMissing.Error())
	}
	return a
}

// settle writes what becomes of the run after this answer.
func (h *Host) settle(ctx context.Context, c *call, a *answer) error {
	run := c.tracked()
	outcome, ended := a.ended(c)
	how := map[string]ledger.Outcome{ok: ledger.Done, failed: ledger.Failed}[outcome]
	return h.insist(ctx, func(ctx context.Context) error {
		switch within := a.next(c) + h.grace; {
		case ended:
			return h.ledger.End(ctx, run, how)
		case c.parallel:
			return h.ledger.Extend(ctx, run, within)
		default:
			return h.ledger.Continue(ctx, run, within)
		}
	})
}

// insist tries do until it succeeds, as long as the host has patience.
func (h *Host) insist(ctx context.Context, do func(context.Context) error) error {
	deadline := time.Now().Add(h.patience)
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
