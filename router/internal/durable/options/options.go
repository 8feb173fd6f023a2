// Package options translates the Spec of a job into what Inngest's SDK takes, and refuses
// what makes no sense there.
package options

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/shared/fn"
)

// What Inngest takes at most.
const (
	// LongestCall is how long Inngest lets one request take that it makes itself.
	LongestCall = 2 * time.Hour
	// MaxRetries is how often Inngest tries again: for a day in all.
	MaxRetries = 20

	maxDebounce  = 7 * 24 * time.Hour
	maxBatch     = 100
	maxBatchWait = 10 * time.Minute
)

// Check reports what in a Spec makes no sense, or is more than Inngest takes: the
// server would say so too, but only once it is deployed, or never. With list, the job's
// Input is a slice.
func Check(spec fn.Job, list bool) error {
	if len(spec.Events)+len(spec.From) == 0 {
		return errors.New("its Spec names no event")
	}
	for _, source := range spec.From {
		if err := source.Check(); err != nil {
			return fmt.Errorf("a source of its Spec: %w", err)
		}
	}
	batch := spec.Batch != fn.Batch{}
	for _, c := range []struct {
		wrong   bool
		problem string
	}{
		{spec.Retries > MaxRetries, fmt.Sprintf("Retries is %d; Inngest makes %d at most", spec.Retries, MaxRetries)},
		{spec.Timeout < 0, "Timeout is negative"},
		{spec.Timeout > LongestCall, "Timeout is over 2 h, after which Inngest gives a call up"},
		{bad(spec.Concurrency != fn.Concurrency{}, spec.Concurrency.Limit, time.Second), "Concurrency needs a Limit of 1 or more"},
		{bad(spec.RateLimit != fn.RateLimit{}, spec.RateLimit.Limit, spec.RateLimit.Per), "RateLimit needs a Limit of 1 or more and a Per of 1 s or more"},
		{bad(spec.Throttle != fn.Throttle{}, spec.Throttle.Limit, spec.Throttle.Per), "Throttle needs a Limit of 1 or more and a Per of 1 s or more"},
		{spec.Throttle.Burst < 0, "Throttle.Burst is negative"},
		{bad(spec.Debounce != fn.Debounce{}, 1, spec.Debounce.Wait), "Debounce needs a Wait of 1 s or more"},
		{spec.Debounce.Wait > maxDebounce, "Debounce.Wait is over 7 days, the most that Inngest waits"},
		{spec.Debounce.Max != 0 && spec.Debounce.Max < spec.Debounce.Wait, "Debounce.Max is less than its Wait"},
		{bad(batch, spec.Batch.Size-1, spec.Batch.Wait), "Batch needs a Size of 2 or more and a Wait of 1 s or more"},
		{spec.Batch.Size > maxBatch, "Batch.Size is over 100, the most that Inngest collects"},
		{spec.Batch.Wait > maxBatchWait, "Batch.Wait is over 10 min, the most that Inngest waits"},
		{batch && !list, "with Batch, Input has to be a slice: each event's data is an element of it"},
		{!batch && list, "Input is a slice, which it is only with Batch"},
		{
			batch && (len(spec.CancelOn) > 0 || spec.Debounce != fn.Debounce{} || spec.Singleton.On || spec.Priority != ""),
			"Inngest knows no Batch together with CancelOn, Debounce, Singleton or Priority",
		},
		{!spec.Singleton.On && spec.Singleton != fn.Singleton{}, "Singleton has no effect without On"},
		{spec.Timeouts.Start < 0 || spec.Timeouts.Finish < 0, "one of Timeouts is negative"},
	} {
		if c.wrong {
			return errors.New(c.problem)
		}
	}
	for _, c := range spec.CancelOn {
		if c.Event == "" || c.Within < 0 {
			return errors.New("CancelOn needs an Event, and no negative Within")
		}
	}
	return nil
}

// bad reports whether an option that is set has a limit below 1, or a time below the
// second that is the least Inngest takes.
func bad(set bool, limit int, per time.Duration) bool {
	return set && (limit < 1 || per < time.Second)
}

// Certain returns the events for each of which Inngest begins a run, sooner or later.
// These options make it begin none for some, and so does an expression.
func Certain(spec fn.Job) []string {
	if spec.Idempotency != "" || spec.RateLimit != (fn.RateLimit{}) ||
		spec.Debounce != (fn.Debounce{}) || spec.Singleton.On && !spec.Singleton.Cancel {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(spec.Info().Events), func(event string) bool { return spec.Expression(event) != "" })
}

// Set sets the options that a Spec asks for, of a job of this app.
func Set(opts *inngestgo.FunctionOpts, app string, spec fn.Job) {
	opts.Retries = new(fn.RetriesOf(spec.Retries))
	opts.Idempotency = optional(spec.Idempotency)
	setConcurrency(opts, spec.Concurrency)
	if r := spec.RateLimit; r.Limit > 0 {
		opts.RateLimit = &inngestgo.ConfigRateLimit{Limit: uint(r.Limit), Period: r.Per, Key: optional(r.Key)}
	}
	if t := spec.Throttle; t.Limit > 0 {
		opts.Throttle = &inngestgo.ConfigThrottle{Limit: uint(t.Limit), Period: t.Per, Burst: uint(t.Burst), Key: optional(t.Key)}
	}
	if d := spec.Debounce; d.Wait > 0 {
		opts.Debounce = &inngestgo.ConfigDebounce{Period: d.Wait, Timeout: positive(d.Max), Key: d.Key}
	}
	if spec.Priority != "" {
		opts.Priority = &inngestgo.ConfigPriority{Run: &spec.Priority}
	}
	if b := spec.Batch; b.Size > 0 {
		opts.BatchEvents = &inngestgo.ConfigBatchEvents{MaxSize: b.Size, Timeout: b.Wait, Key: optional(b.Key)}
	}
	if s := spec.Singleton; s.On {
		opts.Singleton = &inngestgo.ConfigSingleton{Key: optional(s.Key)} // the zero Mode is to skip
		if s.Cancel {
			_ = opts.Singleton.Mode.UnmarshalText([]byte("cancel")) // it knows the word
		}
	}
	if t := spec.Timeouts; t != (fn.Timeouts{}) {
		opts.Timeouts = &inngestgo.ConfigTimeouts{Start: positive(t.Start), Finish: positive(t.Finish)}
	}
	for _, c := range spec.CancelOn {
		cancel := inngestgo.ConfigCancel{Event: c.Event, If: Own(app, "async", c.Event, c.If)}
		if c.Within > 0 {
			cancel.Timeout = new(c.Within.String()) // Inngest reads what Go writes
		}
		opts.Cancel = append(opts.Cancel, cancel)
	}
}

func setConcurrency(opts *inngestgo.FunctionOpts, c fn.Concurrency) {
	switch {
	case c.Limit == 0:
	case c.Runs:
		opts.Concurrency = &inngestgo.ConfigConcurrency{
			Fn: []inngestgo.ConfigFnConcurrency{{Limit: c.Limit, Key: optional(c.Key)}},
		}
	default:
		opts.Concurrency = &inngestgo.ConfigConcurrency{
			Step: []inngestgo.ConfigStepConcurrency{{Limit: c.Limit, Key: optional(c.Key)}},
		}
	}
}

// Own returns a CEL expression that is true for events of this app of which the given one
// is true, too: Inngest shows every event to all apps. An event that does not say whose it
// is, is everybody's: it was sent past package events. In the expression the event is
// called name. It is nil if all will do.
func Own(app, name, event, expression string) *string {
	if !strings.HasPrefix(event, "inngest/") {
		own := fmt.Sprintf("(%[1]s.user.app == null || %[1]s.user.app == %[2]q)", name, app)
		if expression != "" {
			own += " && (" + expression + ")"
		}
		expression = own
	}
	return optional(expression)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func positive(d time.Duration) *time.Duration {
	if d <= 0 {
		return nil
	}
	return &d
}
