package durable

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"switchyard/internal/exact"
	"switchyard/router/internal/durable/sdk"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

// call is one call from Inngest: what it asks for, and what becomes known of it
// while it is served.
type call struct {
	target       *target // nil: it asks for no function, or for none of ours
	run          string
	request      string // Inngest's id of the call; older servers send none
	attempt      int    // from 1
	last         bool   // there is no other after this attempt
	continued    bool   // it is not the first of its run
	parallel     bool   // other calls of the run may be going on: its steps are parallel
	stateMissing bool   // what the run has done so far was too large to be sent
	events       []event
	known        map[string]bool // the steps that the ledger knows: whether with a result
	results      []sdk.Result    // of the run's steps
	leftForStep  bool            // the function was left for a step
	steps        []sdk.Step      // that it was left for
	err          error           // what the function returned
	skipped      bool            // all its events are another run's
	interrupted  func() bool     // whether the answer reaches nobody any more
	progress     *progress       // nil if it is not bounded
	unclaimed    func()          // ends what begin has left to do; see tracker.claimLater
}

// event is one event of a call.
type event struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Data json.RawMessage `json:"data"`
	User sender          `json:"user"`
}

// sender is what package events has sent beside an event's data. It is empty for an event
// that somebody else has sent.
type sender struct {
	App string `json:"app"` // whose it is
	// Event is the id of the event that this one repeats, for the function Only alone.
	Event string `json:"event"`
	Only  string `json:"only"`
}

// UnmarshalJSON implements [json.Unmarshaler]. What somebody else has there is of any form.
func (s *sender) UnmarshalJSON(text []byte) error {
	type plain sender
	var said plain
	if json.Unmarshal(text, &said) == nil && said.App != "" {
		*s = sender(said)
	}
	return nil
}

// uuid returns the id of an event that package events has sent; of one that repeats another
// event, the id of that. Events that something else has sent have ids of other kinds, or random
// ones that Inngest has made.
func (e event) uuid() (uuid.UUID, bool) {
	text := cmp.Or(e.User.Event, e.ID)
	id, err := uuid.Parse(text)
	return id, err == nil && len(text) == len(uuid.UUID{}.String())
}

// noted returns the id by which the ledger knows the event: its own, or one that only the
// run has, so that runs of other events are known too.
func (e event) noted(run string) uuid.UUID {
	if id, ours := e.uuid(); ours {
		return id
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(run+" "+e.ID))
}

type callKey struct{}

// callOf returns the call that ctx belongs to. Every context of a function does.
func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return &call{interrupted: func() bool { return ctx.Err() != nil }}
	}
	return c
}

// newCall returns the call that r makes, and r with a context that belongs to it. What
// the call asks for is not known until it is [call.read].
func newCall(r *http.Request) (*call, *http.Request) {
	ctx := r.Context()
	c := &call{interrupted: func() bool { return ctx.Err() != nil }}
	return c, r.WithContext(context.WithValue(ctx, callKey{}, c))
}

// read fills in what a body says. It reports whether it is one that Inngest could
// have sent.
func (c *call) read(r *http.Request, body []byte) bool {
	var said struct {
		Ctx struct {
			RunID       string `json:"run_id"`
			RequestID   string `json:"request_id"`
			Attempt     int    `json:"attempt"`
			MaxAttempts *int   `json:"max_attempts"`
			Stack       struct {
				Stack []string `json:"stack"` // the steps that are done
			} `json:"stack"`
		} `json:"ctx"`
		Event  event   `json:"event"`
		Events []event `json:"events"`
		UseAPI bool    `json:"use_api"`
	}
	if json.Unmarshal(body, &said) != nil {
		return false
	}
	c.run, c.request = said.Ctx.RunID, said.Ctx.RequestID
	c.attempt = said.Ctx.Attempt + 1
	c.continued = c.attempt > 1 || len(said.Ctx.Stack.Stack) > 0
	c.last = said.Ctx.MaxAttempts != nil && c.attempt >= *said.Ctx.MaxAttempts
	step := r.URL.Query().Get("stepId")
	c.parallel = step != "" && step != "step"
	c.stateMissing = said.UseAPI
	if c.events = said.Events; len(c.events) == 0 {
		c.events = []event{said.Event} // what there are more of is missing too
	}
	return true
}

// tracked returns the run as the ledger knows it. The host's own functions are of no
// interest but for events of ours.
func (c *call) tracked() ledger.Run {
	run := ledger.Run{Function: c.target.slug, ID: c.run}
	for _, e := range c.tracks() {
		run.Events = append(run.Events, e.noted(c.run))
	}
	return run
}

// tracks returns the events that the ledger knows of, each once.
func (c *call) tracks() []event {
	var all []event
	seen := map[uuid.UUID]bool{}
	for _, e := range c.events {
		_, ours := e.uuid()
		if id := e.noted(c.run); (ours || !c.target.watches) && !seen[id] {
			seen[id] = true
			all = append(all, e)
		}
	}
	return all
}

// told returns what the ledger is to know of the events: names, and in the first call of
// the run the data of those that are in no outbox.
func (c *call) told() []ledger.Event {
	var all []ledger.Event
	for _, e := range c.tracks() {
		one := ledger.Event{Name: e.Name}
		if e.User.App == "" && !c.continued {
			one.Data = exact.Restore(e.Data)
		}
		all = append(all, one)
	}
	return all
}

// repeats reports whether an event is there to be handled once more.
func (c *call) repeats() bool {
	return slices.ContainsFunc(c.events, func(e event) bool { return e.User.Event != "" })
}

// elsewhere reports whether the event is there to be handled once more, and by another
// function.
func (c *call) elsewhere() bool {
	return slices.ContainsFunc(c.events, func(e event) bool { return e.User.Only != "" && e.User.Only != c.target.slug })
}

// keep drops those of the events that are not among own, and all copies of one but the
// first. The host's own functions keep what the ledger does not know.
func (c *call) keep(own []uuid.UUID) {
	c.events = slices.DeleteFunc(c.events, func(e event) bool {
		if _, ours := e.uuid(); !ours && c.target.watches {
			return false
		}
		at := slices.Index(own, e.noted(c.run))
		if at >= 0 {
			own = slices.Delete(slices.Clone(own), at, at+1)
		}
		return at < 0
	})
}

// first returns the id of the first of our events, if there is one.
func (c *call) first() uuid.UUID {
	for _, e := range c.events {
		if id, ours := e.uuid(); ours {
			return id
		}
	}
	return uuid.UUID{}
}

// data returns what the function takes: the data of its event as it was published, or of
// a batch a list of them.
func (c *call) data() json.RawMessage {
	if !c.target.batch {
		return exact.Restore(c.events[0].Data)
	}
	all := make([]json.RawMessage, len(c.events))
	for i, e := range c.events {
		if all[i] = exact.Restore(e.Data); len(e.Data) == 0 {
			all[i] = json.RawMessage("null")
		}
	}
	list, err := json.Marshal(all)
	if err != nil {
		return nil // not so: each is JSON, as a part of the call's body
	}
	return list
}

// target is a function that calls may ask for.
type target struct {
	name    string
	slug    string // as Inngest knows it, and the ledger
	timeout time.Duration
	called  *fn.Callee     // nil if it is the host's own
	calls   *overrun.Calls // nil if what runs the host ends calls that do not end
	reruns  bool
	batch   bool
	events  []string // that it listens to
	certain []string // those of them of which each begins a run
	cancels []string // events that stop its runs
	cron    string
	// takes returns an error if the function cannot decode this data; nil: it takes any.
	takes func(data json.RawMessage) error
	// apart serves its calls in place of this process; nil: it runs here.
	apart http.Handler
	// watches says that it is the host's own, and harmless. It may be called for events
	// of all services, whose jobs this one need not have.
	watches bool
}
