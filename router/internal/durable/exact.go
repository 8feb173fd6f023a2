package durable

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/inngest/inngestgo/step"

	"switchyard/internal/exact"
)

// Inngest reads every number as a double (inngest/inngest#4058). Package exact carries the
// numbers that no double holds. What a function takes and what it returns passes through
// here.

// manager holds the SDK's state of one call. Its type cannot be named from outside the SDK,
// and neither can those of the methods that matter here:
//
//	Request() *struct{ Steps map[string]json.RawMessage; … } // as Inngest sent them
//	Ops() []struct{ Opts any; … }                            // what the call wants of Inngest
//
// It is there however the call came, over HTTP or Connect.
type manager interface {
	SetSteps(steps map[string]json.RawMessage)
}

// managerOf returns the manager of the call that ctx belongs to. A step asks its context
// for it, and does nothing if there is none.
func managerOf(ctx context.Context) manager {
	asked := &witness{Context: ctx}
	//nolint:contextcheck // the witness is that context
	_, _ = step.Run(asked, "", func(context.Context) (any, error) { return nil, nil })
	return asked.manager
}

// witness is a context that keeps the manager to itself.
type witness struct {
	context.Context //nolint:containedctx // it is one

	manager manager
}

// Err implements [context.Context]. In one that has ended a step would panic.
func (*witness) Err() error { return nil }

// Value implements [context.Context].
func (w *witness) Value(key any) any {
	v := w.Context.Value(key)
	if m, ok := v.(manager); ok {
		w.manager = m
		return nil
	}
	return v
}

// restoreSteps gives the function the results of its steps as they were.
func restoreSteps(m manager) {
	if m == nil {
		return
	}
	request := reflect.ValueOf(m).MethodByName("Request").Call(nil)[0].Elem()
	steps, _ := reflect.TypeAssert[map[string]json.RawMessage](request.FieldByName("Steps"))
	for id, result := range steps {
		steps[id] = exact.RestoreStep(result)
	}
}

// prepareOps makes what the call wants of Inngest fit for it. What is given to other
// functions, by step.Invoke, is carried; and step.WaitForEvent waits for events of this app.
func (h *Host) prepareOps(m manager) {
	if m == nil {
		return
	}
	ops := reflect.ValueOf(m).MethodByName("Ops").Call(nil)[0]
	for i := range ops.Len() {
		opts, _ := reflect.TypeAssert[map[string]any](ops.Index(i).FieldByName("Opts"))
		if payload, ok := opts["payload"].(map[string]any); ok {
			payload["data"] = carried(payload["data"])
		}
		if event, ok := opts["event"].(string); ok {
			h.waitForOwn(opts, event)
		}
	}
}

// waitForOwn narrows the options of a step.WaitForEvent to events of this app. To
// Inngest the event that comes is async.
func (h *Host) waitForOwn(opts map[string]any, event string) {
	expression, _ := opts["if"].(string)
	if own := h.own("async", event, expression); own != nil {
		opts["if"] = *own
	}
}

// carried returns what is to be sent in place of v. What is no JSON is for the SDK to
// complain about.
func carried(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	return json.RawMessage(exact.Carry(text))
}
