package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/options"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/router/internal/logger"
	"switchyard/shared/fn"
)

// The events that Inngest publishes itself.
const (
	failedEvent    = "inngest/function.failed" // a run has given up
	cancelledEvent = "inngest/function.cancelled"
	invokedEvent   = "inngest/function.invoked"
	// TimerEvent begins the runs of schedules.
	TimerEvent = "inngest/scheduled.timer"
)

// failedSuffix ends the id of the function that runs when another one has given up: it
// follows the id of that one.
const failedSuffix = "-failed"

// ID returns the id by which Inngest knows the function called name.
func ID(name string) string { return strings.ReplaceAll(name, "/", "-") }

// handler runs a function with the data of its call.
type handler func(ctx context.Context, data json.RawMessage) (any, error)

// add makes Inngest functions of f: one, or two if it wants to know of failures.
func (h *Host) add(f function.Function) error {
	b, ok := f.Bind().(job.Binding)
	if !ok {
		return errors.New("it is neither a job nor a schedule")
	}
	opts := inngestgo.FunctionOpts{ID: ID(f.Name), Name: f.Name}
	t := &target{timeout: f.Info().Timeout, called: h.newCallee(f)}
	var triggers inngestgo.MultipleTriggers
	switch spec := f.Spec.(type) {
	case fn.Job:
		if err := options.Check(spec, b.List()); err != nil {
			return err
		}
		triggers = h.jobTriggers(spec)
		options.Set(&opts, h.app, spec)
		for _, c := range spec.CancelOn {
			t.cancels = append(t.cancels, c.Event)
		}
		t.events, t.reruns, t.batch, t.certain = spec.Info().Events, spec.Reruns, b.List(), options.Certain(spec)
	case fn.Schedule:
		if spec.Cron == "" {
			return errors.New("its Spec has no Cron")
		}
		triggers = inngestgo.MultipleTriggers{inngestgo.CronTrigger(spec.Cron)}
		opts.Retries = new(fn.RetriesOf(spec.Retries))
		t.cron = spec.Cron
	default:
		return fmt.Errorf("a Spec of type %T is neither a job nor a schedule", spec)
	}
	t.takes = b.Fits
	err := h.create(opts, triggers, t, b.Run)
	if failed := b.Failed(); failed != nil && err == nil {
		err = h.addFailed(opts, *t, failed)
	}
	return err
}

// newCallee returns the Callee of f, which all its calls share.
func (h *Host) newCallee(f function.Function) *fn.Callee {
	c := logger.Callee(h.log, f.Name, f.Info())
	h.callees = append(h.callees, c)
	return c
}

// Callees returns all jobs and schedules.
func (h *Host) Callees() []*fn.Callee { return h.callees }

func (h *Host) jobTriggers(spec fn.Job) inngestgo.MultipleTriggers {
	var triggers inngestgo.MultipleTriggers
	for _, event := range spec.Info().Events {
		triggers = append(triggers, inngestgo.EventTrigger(event, options.Own(h.app, "event", event, spec.Expression(event))))
	}
	return triggers
}

// failure is the data of the events that tell of a run's end.
type failure struct {
	Function string `json:"function_id"`
	Run      string `json:"run_id"`
	Error    struct {
		Message string `json:"message"`
	} `json:"error"`
	Event  event   `json:"event"`
	Events []event `json:"events"`
}

// addFailed makes the function that runs when a run of the one described by of
// has given up. However often that one is retried, this one is retried by default.
func (h *Host) addFailed(
	of inngestgo.FunctionOpts, t target, failed func(context.Context, json.RawMessage, error) error,
) error {
	slug := h.slug(of.ID)
	expression := "event.data.function_id == " + strconv.Quote(slug)
	opts := inngestgo.FunctionOpts{
		ID: of.ID + failedSuffix, Name: of.Name + " failed", Retries: new(fn.DefaultRetries),
	}
	triggers := inngestgo.MultipleTriggers{inngestgo.EventTrigger(failedEvent, &expression)}
	own := &target{timeout: t.timeout, called: t.called, events: []string{failedEvent}, takes: func(data json.RawMessage) error {
		f, err := job.Decode[failure](data)
		if err != nil {
			return err
		}
		return t.takes((&call{target: &t, events: f.events()}).data())
	}}
	return h.create(opts, triggers, own, func(ctx context.Context, data json.RawMessage) (any, error) {
		f, err := job.Decode[failure](data)
		if err != nil {
			return nil, err
		}
		of := &call{target: &t, events: f.events()}
		// The SDK's own words for a step's error that the function passed on.
		cause := strings.TrimPrefix(f.Error.Message, "unhandled step error: ")
		return nil, failed(ctx, of.data(), errors.New(cause))
	})
}

func (f failure) events() []event {
	if len(f.Events) == 0 {
		return []event{f.Event}
	}
	return f.Events
}

// slug returns what Inngest knows the function with this id by.
func (h *Host) slug(id string) string { return h.app + "-" + id }

// payload keeps an event's data as it came, for the binding to decode: the SDK
// has types of one kind only, and reports what does not fit less clearly.
type payload struct{ raw json.RawMessage }

// UnmarshalJSON implements [json.Unmarshaler].
func (p *payload) UnmarshalJSON(data []byte) error {
	p.raw = append(json.RawMessage(nil), data...)
	return nil
}

// create registers one function with the SDK, which would let a second one with
// the same id replace the first.
func (h *Host) create(
	opts inngestgo.FunctionOpts, triggers inngestgo.MultipleTriggers, t *target, run handler,
) error {
	t.name, t.slug = opts.Name, h.slug(opts.ID)
	if other, taken := h.targets[t.slug]; taken {
		return fmt.Errorf("its id %q is already that of %s", opts.ID, other.name)
	}
	h.targets[t.slug] = t
	if h.overrun != nil {
		t.calls = h.overrun.Calls(t.name, jobCalls)
	}
	h.metrics.runs.know(t.name)
	add := func(client inngestgo.Client) error {
		_, err := inngestgo.CreateFunction(client, opts, triggers,
			func(ctx context.Context, in inngestgo.Input[payload]) (any, error) {
				if callOf(ctx).target == nil {
					return h.runConnected(ctx, t, *opts.Retries, in, run)
				}
				return h.invoke(ctx, run)
			})
		return err
	}
	h.offers = append(h.offers, offered{t.slug, add})
	return add(h.client)
}

// offered is a function that a client of the SDK can be given.
type offered struct {
	slug string
	add  func(client inngestgo.Client) error
}

// Count returns how many functions Inngest can call.
func (h *Host) Count() int { return len(h.offers) }

// Client returns a client of the SDK that has all functions but those that Inngest calls
// by these ids.
func (h *Host) Client(without ...string) (inngestgo.Client, error) {
	if len(without) == 0 {
		return h.client, nil
	}
	client, err := inngestgo.NewClient(h.client.Options())
	if err != nil {
		return nil, err
	}
	for _, o := range h.offers {
		if !slices.Contains(without, o.slug) {
			err = errors.Join(err, o.add(client))
		}
	}
	return client, err
}
