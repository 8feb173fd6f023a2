package durable

import (
	"encoding/json"
	"maps"

	"switchyard/router/internal/durable/sdk"
	"switchyard/shared/events/ledger"
)

// passed returns the steps that the ledger does not know yet, or not the result of: those
// that Inngest has results of, and those that the call has come to.
func (c *call) passed() []ledger.Step {
	var all []ledger.Step
	next := len(c.known)
	add := func(s ledger.Step) {
		if _, known := c.known[s.ID]; !known {
			s.Nr = next
			next++
		}
		all = append(all, s)
	}
	for _, r := range c.results {
		if !c.known[r.ID] {
			add(ledger.Step{ID: r.ID, Result: orNull(r.JSON)})
		}
	}
	for _, s := range c.steps {
		add(ledger.Step{ID: s.ID, Name: s.Name, Op: kindOf(s.Op), Result: resultOf(s)})
	}
	return all
}

// knows returns the steps that the ledger knows once it has those that were passed.
func (c *call) knows(passed []ledger.Step) map[string]bool {
	known := make(map[string]bool, len(c.known)+len(passed))
	maps.Copy(known, c.known)
	for _, s := range passed {
		known[s.ID] = known[s.ID] || s.Result != nil
	}
	return known
}

// kindOf returns what kind of step it is of which the SDK says this.
func kindOf(op string) string {
	switch op {
	case "StepPlanned", "StepError", "StepFailed":
		return "StepRun"
	}
	return op
}

// resultOf returns the result of a step that is done: later calls are sent the same. That
// of one that has failed is known when Inngest sends it.
func resultOf(s sdk.Step) json.RawMessage {
	if s.Op != "StepRun" || len(s.Data) == 0 {
		return nil
	}
	result := append(json.RawMessage(`{"data":`), s.Data...)
	return append(result, '}')
}

func orNull(text json.RawMessage) json.RawMessage {
	if text == nil {
		return json.RawMessage("null")
	}
	return text
}
