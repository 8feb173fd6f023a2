// Package sdk reaches into Inngest's SDK, for what it does not offer: the numbers that it
// would round, its way out of a function, its errors. The test of the package fails if the
// SDK is not made as is assumed here.
//
// Inngest reads every number as a double (inngest/inngest#4058). Package exact carries the
// numbers that no double holds. What a function takes and what it returns passes through
// here.
package sdk

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/inngest/inngestgo/step"

	"switchyard/internal/exact"
)

// Call is the SDK's state of one call. The zero value is that of none.
type Call struct{ manager manager }

// CallOf returns the state of the call that ctx belongs to. A step asks its context for
// it, and does nothing if there is none.
func CallOf(ctx context.Context) Call {
	asked := &witness{Context: ctx}
	//nolint:contextcheck // the witness is that context
	_, _ = step.Run(asked, "", func(context.Context) (any, error) { return nil, nil })
	return Call{asked.manager}
}

// manager holds the SDK's state of one call. Its type cannot be named from outside the SDK,
// and neither can those of the methods that matter here:
//
//	Request() *struct{ Steps map[string]json.RawMessage; … } // as Inngest sent them; see Results
//	Ops() []struct{ Opts any; … }                            // what the call wants of Inngest; see Step
//
// It is there however the call came, over HTTP or Connect.
type manager interface {
	SetSteps(steps map[string]json.RawMessage)
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

// request returns what Inngest has sent, as the SDK's struct.
func (c Call) request() reflect.Value {
	return reflect.ValueOf(c.manager).MethodByName("Request").Call(nil)[0].Elem()
}

// steps returns the results of the run's steps, by their ids.
func (c Call) steps() map[string]json.RawMessage {
	steps, _ := reflect.TypeAssert[map[string]json.RawMessage](c.request().FieldByName("Steps"))
	return steps
}

// Continued reports whether the run has passed a step.
func (c Call) Continued() bool {
	return c.manager != nil && len(c.steps()) > 0
}

// RestoreSteps gives the function the results of its steps as they were.
func (c Call) RestoreSteps() {
	if c.manager == nil {
		return
	}
	steps := c.steps()
	for id, result := range steps {
		steps[id] = exact.RestoreStep(result)
	}
}

// PrepareOps makes what the call wants of Inngest fit for it. What is given to other
// functions, by step.Invoke, is carried; and step.WaitForEvent, which waits for an event
// and has an expression, gets the expression that own returns, if it is not nil.
func (c Call) PrepareOps(own func(event, expression string) *string) {
	if c.manager == nil {
		return
	}
	for op := range c.ops() {
		opts, _ := reflect.TypeAssert[map[string]any](op.FieldByName("Opts"))
		if payload, ok := opts["payload"].(map[string]any); ok {
			payload["data"] = Carried(payload["data"])
		}
		if event, ok := opts["event"].(string); ok {
			expression, _ := opts["if"].(string)
			if narrowed := own(event, expression); narrowed != nil {
				opts["if"] = *narrowed
			}
		}
	}
}

// Carried returns what is to be sent in place of v. What is no JSON is for the SDK to
// complain about.
func Carried(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	return json.RawMessage(exact.Carry(text))
}
