// Package inflight says whether a release can carry on the runs that another one has begun.
//
// Inngest calls a function again for each step, with the results of the steps before: the
// function then has to ask for the same steps as it did before, or a run stops, skips a step or
// does one twice. So the steps that the ledger has of each run that goes on are replayed
// through the functions of this binary: see [durable.Host.Replay].
//
// A replay never goes past the last step that the run has come to. So it runs no code
// that the run has not run itself, and of a run without steps none at all.
package inflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchyard/router/internal/durable"
)

// Kind is why a run cannot be carried on.
type Kind string

// The reasons.
const (
	Gone    Kind = "gone"    // there is no such function: it was removed, or renamed
	Input   Kind = "input"   // the event does not decode into the function's Input
	Missing Kind = "missing" // the function does not ask for a step that the run has passed
	Order   Kind = "order"   // it asks for the steps in another order
	Fails   Kind = "fails"   // it fails, panics, or takes longer than its timeout
)

// Finding is why runs cannot be carried on.
type Finding struct {
	Function string `json:"function"` // as Inngest knows it
	Kind     Kind   `json:"kind"`
	Step     string `json:"step,omitempty"`    // the one that is missing, or comes too late
	Instead  string `json:"instead,omitempty"` // what is there in place of the function or the step
	Error    string `json:"error,omitempty"`
	Runs     int    `json:"runs"`
	Example  string `json:"example"` // the id of one of them
}

// Text says it in words.
func (f Finding) Text() string {
	switch f.Kind {
	case Gone:
		if f.Instead != "" {
			return "there is no such function here; perhaps it is called " + f.Instead + " now"
		}
		return "there is no such function here"
	case Input:
		return f.Error
	case Missing:
		if f.Instead == "" {
			return fmt.Sprintf("the run has come to the step %q, and the function ends without it", f.Step)
		}
		return fmt.Sprintf("the run has come to the step %q, and the function asks for %s in its place", f.Step, f.Instead)
	case Order:
		return fmt.Sprintf("the run has come to the step %q, and the function first asks for %s, to which the run came later", f.Step, f.Instead)
	case Fails:
		return fmt.Sprintf("the function fails before the step %q: %s", f.Step, f.Error)
	}
	return string(f.Kind) // of another version
}

// judge returns why the host cannot carry on a run, or nil. It replays the run unless
// decode says that only its events matter.
func judge(ctx context.Context, h *durable.Host, r durable.Recorded, decode bool) *Finding {
	f := &Finding{Function: r.Function, Runs: 1, Example: r.ID}
	if !h.Has(r.Function) {
		f.Kind, f.Instead = Gone, successor(h, r)
		return f
	}
	if !known(r) {
		return nil
	}
	if err := h.Fits(r); err != nil {
		f.Kind, f.Error = Input, err.Error()
		return f
	}
	for n, step := range r.Steps {
		if decode {
			return nil
		}
		asked, err := h.Replay(ctx, r, n)
		if err != nil {
			f.Kind, f.Step, f.Error = Fails, step.Name, err.Error()
			return f
		}
		if !slices.ContainsFunc(asked, func(a durable.Asked) bool { return a.ID == step.ID }) {
			return f.without(r.Steps[n:], asked)
		}
	}
	return nil
}

// known reports whether the record has the data of the run's events. That of a
// schedule does not matter.
func known(r durable.Recorded) bool {
	return len(r.Events) > 0 && !slices.ContainsFunc(r.Events, func(e durable.RecordedEvent) bool {
		return len(e.Data) == 0 && e.Name != durable.TimerEvent
	})
}

// without says that the function does not ask for the first of the steps that follow, but for
// others.
func (f *Finding) without(follow []durable.RecordedStep, asked []durable.Asked) *Finding {
	f.Kind, f.Step = Missing, follow[0].Name
	names := make([]string, len(asked))
	for i, a := range asked {
		names[i] = fmt.Sprintf("%q", a.Name)
		if slices.ContainsFunc(follow, func(s durable.RecordedStep) bool { return s.ID == a.ID }) {
			f.Kind = Order
		}
	}
	f.Instead = strings.Join(names, " and ")
	return f
}

// successor returns the one function that may be the run's under another name: nobody
// else listens to its events. It returns "" if there is none.
func successor(h *durable.Host, r durable.Recorded) string {
	if len(r.Events) == 0 {
		return ""
	}
	if all := h.Listening(r.Events[0].Name); len(all) == 1 {
		return all[0]
	}
	return ""
}
