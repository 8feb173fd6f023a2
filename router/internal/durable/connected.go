package durable

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/inngest/inngestgo"
	sdkerrors "github.com/inngest/inngestgo/errors"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable/sdk"
)

// unknownWait bounds the time until a run is called again if only the SDK knows what it
// waits for.
const unknownWait = 24 * time.Hour

// runConnected is [Host.run] for a call that did not come over HTTP: over a connection
// the SDK itself takes it and answers. What the answer is, the host does not see. So the
// ledger does not know what a run waits for, and a run that Inngest has lost is missed
// after a day only.
func (h *Host) runConnected(
	ctx context.Context, t *callee, retries int, in inngestgo.Input[payload], run handler,
) (out any, err error) {
	h.running.Add(1)
	defer h.running.Add(-1)
	began := time.Now()
	c := &call{
		callee: t, run: in.InputCtx.RunID, attempt: in.InputCtx.Attempt + 1, last: in.InputCtx.Attempt >= retries,
		interrupted: func() bool { return false },
	}
	for _, e := range in.Events {
		c.events = append(c.events, event{Name: e.Name, Data: e.Data.raw})
		if e.ID != nil {
			c.events[len(c.events)-1].ID = *e.ID
		}
	}
	c.continued = c.attempt > 1 || sdk.CallOf(ctx).Continued()
	h.metrics.runs.begins(c)
	c.parallel = true // as far as is known
	ctx = context.WithValue(ctx, callKey{}, c)
	follows := h.tracker.follows(c)
	defer func() {
		if settled := h.tracker.settleConnected(ctx, c, follows, err); settled != nil && err == nil && !c.last {
			err = settled
		}
		outcome := c.outcome(err)
		if !c.leftForStep && outcome != retried {
			h.metrics.runs.ends(c, outcome)
		}
		h.reportCall(ctx, c, outcome, "", textOf(err), time.Since(began))
	}()
	if follows {
		held, err := h.tracker.begin(ctx, c)
		switch {
		case err != nil:
			follows = false
			return nil, errNotBegun
		case len(c.events) == 0:
			c.skipped = true
			if held > 0 {
				c.leftForStep = true
				step.Sleep(ctx, "another run handles the event: "+rand.Text(), held+time.Second)
			}
			return handledElsewhere(), nil
		}
	}
	return h.invoke(ctx, run)
}

// outcome is that of a call whose answer is not seen.
func (c *call) outcome(err error) string {
	switch {
	case c.skipped:
		return skipped
	case c.leftForStep, err == nil:
		return ok
	case c.last, sdkerrors.IsNoRetryError(err), sdkerrors.IsStepError(err):
		return failed
	}
	return retried
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
