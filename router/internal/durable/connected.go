package durable

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/inngest/inngestgo"
	sdkerrors "github.com/inngest/inngestgo/errors"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable/sdk"
	"switchyard/shared/events/ledger"
)

// runConnected is [Host.run] for a call that did not come over HTTP: over a connection
// the SDK itself takes it and answers. The host does not see the answer, but the steps that
// it has, and the error.
func (h *Host) runConnected(
	ctx context.Context, t *target, retries int, in inngestgo.Input[payload], run handler,
) (out any, err error) {
	h.running.Add(1)
	defer h.running.Add(-1)
	began := time.Now()
	c := &call{
		target: t, run: in.InputCtx.RunID, attempt: in.InputCtx.Attempt + 1, last: in.InputCtx.Attempt >= retries,
		interrupted: func() bool { return false },
	}
	for _, e := range in.Events {
		c.events = append(c.events, connectedEvent(e))
	}
	c.continued = c.attempt > 1 || len(sdk.CallOf(ctx).Results()) > 0
	h.metrics.runs.begins(c)
	c.parallel = true // as far as is known
	ctx = context.WithValue(ctx, callKey{}, c)
	follows := h.tracker.follows(c)
	defer func() {
		if follows && !c.skipped {
			err = h.settleConnected(ctx, c, err)
		}
		outcome := c.outcome(err)
		if !c.leftForStep && outcome != retried {
			h.metrics.runs.ends(c.target.name, outcome)
		}
		h.reportCall(ctx, c, outcome, c.step(), textOf(cmp.Or(err, c.err)), time.Since(began))
	}()
	if c.elsewhere() {
		c.skipped = true
		return notMeant(), nil
	}
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
	return h.callConnected(ctx, c, run)
}

// connectedEvent returns an event as it stands in a call's body.
func connectedEvent(e inngestgo.GenericEvent[payload]) event {
	one := event{Name: e.Name, Data: e.Data.raw}
	if e.ID != nil {
		one.ID = *e.ID
	}
	if user, err := json.Marshal(e.User); err == nil {
		_ = json.Unmarshal(user, &one.User) // what somebody else has there need not fit
	}
	return one
}

// settleConnected is [tracker.settle] for a call that has ended with err. It returns err, or
// errNotEnded if the run would have ended, and that cannot be noted.
func (h *Host) settleConnected(ctx context.Context, c *call, err error) error {
	outcome := c.outcome(err)
	how := ending{within: c.waits(), cause: textOf(cmp.Or(err, c.err))}
	switch {
	case outcome == retried:
		how.within = retryWait(c.attempt) + jitter
		if at := sdkerrors.GetRetryAtTime(sdk.Marked(cmp.Or(err, c.err))); at != nil {
			how.within = max(time.Until(*at), 0)
		}
	case c.leftForStep:
	case outcome == failed:
		how.outcome = ledger.Failed
	default:
		how.outcome = ledger.Done
	}
	failure := h.tracker.settle(context.WithoutCancel(ctx), c, how)
	if failure == nil {
		return err
	}
	h.log.WarnContext(ctx, "the ledger does not answer", slog.Any("error", failure))
	if err == nil && how.outcome != "" && !c.last {
		return errNotEnded
	}
	return err
}

// outcome is that of a call whose answer is not seen.
func (c *call) outcome(err error) string {
	op := ""
	if c.leftForStep && len(c.steps) > 0 {
		op = c.steps[0].Op
	}
	switch {
	case c.skipped:
		return skipped
	case op == "StepFailed", op == "StepError" && c.last:
		return failed
	case op == "StepError":
		return retried
	case c.leftForStep, err == nil:
		return ok
	case c.last, sdkerrors.IsNoRetryError(err), sdkerrors.IsStepError(err):
		return failed
	}
	return retried
}

// step returns the name of the step that the call came to, or "".
func (c *call) step() string {
	if len(c.steps) == 0 {
		return ""
	}
	return c.steps[0].Name
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
