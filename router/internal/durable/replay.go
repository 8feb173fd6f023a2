package durable

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/internal/exact"
)

// replayGrace is how long a function may go on after its timeout before it is left behind.
const replayGrace = 2 * time.Second

// Recorded is a run that goes on, as the ledger has it.
type Recorded struct {
	Function string          `json:"function"` // as Inngest knows it
	ID       string          `json:"id"`       // Inngest's id of the run
	Events   []RecordedEvent `json:"events"`
	// Steps are those that the run has come to, in that order.
	Steps []RecordedStep `json:"steps,omitempty"`
}

// RecordedEvent is an event that a run handles.
type RecordedEvent struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Data json.RawMessage `json:"data,omitempty"` // as it was published; none if it is not known
}

// RecordedStep is a step that a run has come to.
type RecordedStep struct {
	ID   string `json:"id"` // the SDK's
	Name string `json:"name"`
	// Result is what Inngest gives the SDK for the step; none while the step goes on.
	Result json.RawMessage `json:"result,omitempty"`
}

// Asked is a step that a function wants to be run.
type Asked struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Has reports whether the host has a function that Inngest knows by this id.
func (h *Host) Has(slug string) bool { return h.targets[slug] != nil }

// Functions returns those of the host, as Inngest knows them, but none of the host's own.
func (h *Host) Functions() []string {
	all := []string{}
	for slug, t := range h.targets {
		if !t.watches {
			all = append(all, slug)
		}
	}
	slices.Sort(all)
	return all
}

// Listening returns the functions that listen to an event, as Inngest knows them, but none
// of the host's own.
func (h *Host) Listening(event string) []string {
	var all []string
	for slug, t := range h.targets {
		if slices.Contains(t.events, event) && !t.watches {
			all = append(all, slug)
		}
	}
	slices.Sort(all)
	return all
}

// Fits returns an error if the function of a run, which the host has, cannot decode its
// events. It runs nothing.
func (h *Host) Fits(r Recorded) error {
	t := h.targets[r.Function]
	if t.takes == nil {
		return nil
	}
	return t.takes(r.call(t).data())
}

// Replay calls the function of a run, which the host has, as Inngest would if the first
// steps of the run were done, as many as known says, and no other. It returns the steps that the function
// then asks for: several if they are parallel, none if the function ends. No step is run,
// and the ledger hears nothing; the code between the steps runs, as it does at each call.
//
// It fails as the function does: also if it panics, takes longer than its timeout, or
// cannot decode the result of a step. A function that does not stop when its context
// ends is left behind.
func (h *Host) Replay(ctx context.Context, r Recorded, known int) ([]Asked, error) {
	sdk, err := h.replayer()
	if err != nil {
		return nil, err
	}
	c := r.call(h.targets[r.Function])
	ctx, cancel := context.WithTimeout(ctx, c.target.timeout+replayGrace)
	defer cancel()
	req, err := r.request(context.WithValue(ctx, callKey{}, c), known)
	if err != nil {
		return nil, err
	}
	answered := make(chan *answer, 1)
	go func() {
		a := newAnswer()
		sdk.ServeHTTP(a, req)
		answered <- a
	}()
	select {
	case a := <-answered:
		return a.asked(c)
	case <-ctx.Done():
		return nil, fmt.Errorf("it took longer than its timeout of %s, and does not stop", c.target.timeout)
	}
}

// newReplayer returns an SDK's handler for calls that are no calls from Inngest. It asks for no
// signatures: to make one takes time quadratic in the size of what is signed.
func (h *Host) newReplayer() (http.Handler, error) {
	options := h.client.Options()
	options.Dev = new(true)
	client, err := inngestgo.NewClient(options)
	if err != nil {
		return nil, err
	}
	for _, o := range h.offers {
		err = errors.Join(err, o.add(client))
	}
	return client.Serve(), err
}

// call returns the call of t that continues the run.
func (r Recorded) call(t *target) *call {
	c := &call{target: t, run: r.ID, attempt: 1, interrupted: func() bool { return false }}
	for _, e := range r.Events {
		c.events = append(c.events, event{ID: e.ID, Name: e.Name, Data: exact.Carry(e.Data)})
	}
	return c
}

// request returns the request by which Inngest would make the call, except that it asks for
// steps to be planned and not run: of step.Run the SDK takes this from the request, and
// other kinds it never runs by itself.
func (r Recorded) request(ctx context.Context, known int) (*http.Request, error) {
	stack, steps := []string{}, map[string]json.RawMessage{}
	for _, s := range r.Steps[:known] {
		if s.Result != nil {
			stack, steps[s.ID] = append(stack, s.ID), s.Result
		}
	}
	events := make([]map[string]any, len(r.Events))
	for i, e := range r.Events {
		data := json.RawMessage(exact.Carry(e.Data))
		if len(data) == 0 {
			data = json.RawMessage("null")
		}
		events[i] = map[string]any{"id": e.ID, "name": e.Name, "data": data}
	}
	body, err := json.Marshal(map[string]any{
		"ctx": map[string]any{
			"run_id": r.ID, "attempt": 0, "disable_immediate_execution": true,
			"stack": map[string]any{"stack": stack, "current": len(stack)},
		},
		"event": events[0], "events": events, "steps": steps,
	})
	if err != nil {
		return nil, fmt.Errorf("replay run %s: %w", r.ID, err)
	}
	target := Path + "?" + url.Values{"fnId": {r.Function}, "stepId": {"step"}}.Encode()
	return http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
}

// asked returns the steps that an answer asks for, or the error that it tells.
func (a *answer) asked(c *call) ([]Asked, error) {
	switch {
	case a.status >= http.StatusBadRequest:
		return nil, errors.New(a.cause(c.err))
	case a.status != http.StatusPartialContent:
		return nil, nil
	}
	var all []Asked
	if err := json.Unmarshal(a.body.Bytes(), &all); err != nil {
		return nil, fmt.Errorf("read the SDK's answer: %w", err)
	}
	return all, nil
}
