package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// failedEvent is what Inngest publishes when a run has given up.
const failedEvent = "inngest/function.failed"

// ID returns the id by which Inngest knows the function called name.
func ID(name string) string { return strings.ReplaceAll(name, "/", "-") }

// payload keeps an event's data as it came, for the binding to decode: the SDK
// has types of one kind only, and reports what does not fit less clearly.
type payload struct{ raw json.RawMessage }

// UnmarshalJSON implements [json.Unmarshaler].
func (p *payload) UnmarshalJSON(data []byte) error {
	p.raw = append(json.RawMessage(nil), data...)
	return nil
}

// add makes Inngest functions of f: one, or two if it wants to know of failures.
func (h *Host) add(f function.Function) error {
	b, ok := f.Bind().(Binding)
	if !ok {
		return errors.New("it is neither a job nor a schedule")
	}
	opts := inngestgo.FunctionOpts{ID: ID(f.Name), Name: f.Name}
	var triggers inngestgo.MultipleTriggers
	switch spec := f.Spec.(type) {
	case fn.Job:
		if len(spec.Events) == 0 {
			return errors.New("its Spec names no event")
		}
		triggers = jobTriggers(spec)
		setJob(&opts, spec)
	case fn.Schedule:
		if spec.Cron == "" {
			return errors.New("its Spec has no Cron")
		}
		triggers = inngestgo.MultipleTriggers{inngestgo.CronTrigger(spec.Cron)}
		opts.Retries = new(fn.RetriesOf(spec.Retries))
	default:
		return fmt.Errorf("a Spec of type %T is neither a job nor a schedule", spec)
	}
	timeout := f.Info().Timeout
	err := h.create(opts, triggers, timeout, b.run)
	if failed := b.failed(); failed != nil && err == nil {
		err = h.addFailed(opts, timeout, failed)
	}
	return err
}

func jobTriggers(spec fn.Job) inngestgo.MultipleTriggers {
	var triggers inngestgo.MultipleTriggers
	for _, event := range spec.Events {
		triggers = append(triggers, inngestgo.EventTrigger(event, optional(spec.If)))
	}
	return triggers
}

func setJob(opts *inngestgo.FunctionOpts, spec fn.Job) {
	opts.Retries = new(fn.RetriesOf(spec.Retries))
	opts.Idempotency = optional(spec.Idempotency)
	if c := spec.Concurrency; c.Limit > 0 {
		opts.Concurrency = &inngestgo.ConfigConcurrency{
			Step: []inngestgo.ConfigStepConcurrency{{Limit: c.Limit, Key: optional(c.Key)}},
		}
	}
	for _, c := range spec.CancelOn {
		opts.Cancel = append(opts.Cancel, inngestgo.ConfigCancel{Event: c.Event, If: optional(c.If)})
	}
}

// addFailed makes the function that runs when a run of the one described by of
// has given up. However often that one is retried, this one is retried by default.
func (h *Host) addFailed(
	of inngestgo.FunctionOpts, timeout time.Duration,
	failed func(context.Context, json.RawMessage, error) error,
) error {
	expression := "event.data.function_id == " + strconv.Quote(AppID+"-"+of.ID)
	opts := inngestgo.FunctionOpts{
		ID: of.ID + "-failed", Name: of.Name + " failed", Retries: new(fn.DefaultRetries),
	}
	triggers := inngestgo.MultipleTriggers{inngestgo.EventTrigger(failedEvent, &expression)}
	return h.create(opts, triggers, timeout, func(ctx context.Context, data json.RawMessage) (any, error) {
		type failure struct {
			Error struct{ Message string }
			Event struct{ Data json.RawMessage }
		}
		f, err := decode[failure](data)
		if err != nil {
			return nil, err
		}
		// The SDK's own words for a step's error that the function passed on.
		cause := strings.TrimPrefix(f.Error.Message, "unhandled step error: ")
		return nil, failed(ctx, f.Event.Data, errors.New(cause))
	})
}

// create registers one function with the SDK, which would let a second one with
// the same id replace the first.
func (h *Host) create(
	opts inngestgo.FunctionOpts, triggers inngestgo.MultipleTriggers, timeout time.Duration,
	run func(context.Context, json.RawMessage) (any, error),
) error {
	if other, taken := h.names[opts.ID]; taken {
		return fmt.Errorf("its id %q is already that of %s", opts.ID, other)
	}
	h.names[opts.ID] = opts.Name
	_, err := inngestgo.CreateFunction(h.client, opts, triggers,
		func(ctx context.Context, in inngestgo.Input[payload]) (any, error) {
			return h.invoke(ctx, timeout, func(ctx context.Context) (any, error) {
				return run(ctx, in.Event.Data.raw)
			})
		})
	return err
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
