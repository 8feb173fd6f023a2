package durable

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
)

var (
	errNotBegun = errors.New("the database does not answer, so nothing was run")
	errNotEnded = errors.New("the database does not answer, so the end of the run was not noted")
)

// run serves a call that may be served. The ledger knows of its run before the function
// runs, and how it ended before Inngest does:
//
//   - A call whose events are all handled by another run ends its run, without the
//     function. If the other run goes on, as far as is known, this one sleeps until it
//     should have been heard of: should that be lost, nobody but this one is left, as
//     Inngest begins no third run for one event.
//   - So does a call of a run that was cancelled, and of one for an event that is there
//     for another function.
//   - Without the ledger no function runs: the call is to be tried again.
//   - If the end cannot be written, it is no end: the call is to be tried again,
//     and what is not in a step runs twice. That a run goes on need not be written:
//     at worst Inngest is asked too early whether it still has the event.
func (h *Host) run(r *http.Request, c *call) *answer {
	if !h.tracker.follows(c) {
		h.runs.add(c.run, c.target.slug)
		return h.call(r, c)
	}
	if c.elsewhere() {
		c.skipped = true
		return written(http.StatusOK, notMeant())
	}
	held, err := h.tracker.begin(r.Context(), c)
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
	h.runs.add(c.run, c.target.slug)
	a := h.call(r, c)
	ctx := context.WithoutCancel(r.Context())
	if err := h.tracker.settle(ctx, c, a.ending(c)); err != nil {
		h.log.WarnContext(ctx, "the ledger does not answer", slog.Any("error", err))
		if _, ended := a.ended(c); ended && !c.last {
			c.err = errNotEnded
			return says(http.StatusServiceUnavailable, errNotEnded.Error())
		}
	}
	return a
}

// handledElsewhere returns the result of a run that had nothing to do.
func handledElsewhere() map[string]string {
	return map[string]string{"skipped": "another run of this function has handled the event, or this one was cancelled"}
}

// notMeant returns the result of a run for an event that repeats another one, for another
// function.
func notMeant() map[string]string {
	return map[string]string{"skipped": "the event is there for another function"}
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
