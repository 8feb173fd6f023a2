// Package inbound lets events in from outside. An event's Go type is the contract: a
// name that no type opens to the sender is refused, and so is data that does not
// fit the type; what comes in goes through the outbox like any other event.
package inbound

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// Bounds of what is taken at once.
const (
	MaxEvents = 500
	// maxIssues is how much of what is wrong is told.
	maxIssues = 20
	// maxName bounds the source, the id and the key, in bytes.
	maxName = 1 << 10
	// maxAhead is how long an event is held back at most.
	maxAhead = 365 * 24 * time.Hour
	// clocks is by how much that of a sender may be ahead.
	clocks = time.Minute
)

// Receiver takes the events of those types that are open to outside.
type Receiver struct {
	bus                *events.Bus
	machines, webhooks map[string]*contract // by the event's name
}

// Open returns the Receiver of these types, which hands what it takes to bus. An error names the type that cannot
// come from outside.
func Open(_ context.Context, types events.Types, bus *events.Bus) (*Receiver, error) {
	r := &Receiver{bus: bus, machines: map[string]*contract{}, webhooks: map[string]*contract{}}
	for _, t := range types {
		if !t.Machines() && !t.Webhooks() {
			continue
		}
		c, err := newContract(t.Data)
		if err != nil {
			return nil, fmt.Errorf("the event %s cannot come from outside: %w", t.Name, err)
		}
		if t.Machines() {
			r.machines[t.Name] = c
		}
		if t.Webhooks() {
			r.webhooks[t.Name] = c
		}
	}
	return r, nil
}

// Message is an event as somebody outside sent it.
type Message struct {
	// Source and ID are its identity: the same ones from the same sender are the same
	// event, however often it comes.
	Source, ID string
	Name       string
	Key        string    // events of one key take effect one after another; "" for none
	Time       time.Time // when it happened, or is to happen: see [Receiver.Machines]
	Data       []byte    // JSON; none counts as {}
	// At, TimeAt and DataAt are where its name, its time and its data stood, to name in
	// errors.
	At, TimeAt, DataAt string
}

// Machines lets in what a machine sent that acts for the user called sender: all of
// it, or nothing. It returns the events' ids in the same order. What is to happen more
// than a minute from now is held back until then.
//
// It fails with fault.Invalid, naming the fields, if a message is of no type that is
// open to machines, or does not fit its type; a field that the type does not have
// counts too, and so does a time more than a year from now. It fails with fault.TooLarge if there is too much of it.
func (r *Receiver) Machines(ctx context.Context, sender string, messages []Message) ([]uuid.UUID, error) {
	if sender == "" {
		return nil, fault.New(fault.Unauthorized, "This is for machines that have a key.")
	}
	if len(messages) > MaxEvents {
		return nil, fault.New(fault.TooLarge, "These are %d events; at most %d are taken at once.", len(messages), MaxEvents)
	}
	foreign := make([]events.Foreign, len(messages))
	var issues []fault.Issue
	for i, m := range messages {
		c := r.machines[m.Name]
		if c == nil {
			issues = append(issues, fault.Issue{Location: m.At, Message: "no event of this name may be sent here; `router events types` lists those that may"})
			continue
		}
		// The sender is a part of the identity: nobody can be in another's way.
		f, found, err := c.admit(m, "machine/"+sender+" "+m.Source, sender)
		if err != nil {
			return nil, err
		}
		if time.Until(m.Time) > clocks {
			f.Until = m.Time
		}
		foreign[i], issues = f, slices.Concat(issues, found, m.tooLate())
	}
	if err := refuse(issues); err != nil || len(foreign) == 0 {
		return []uuid.UUID{}, err
	}
	return r.bus.Accept(ctx, foreign)
}

// tooLate says if m is to be held back for too long.
func (m Message) tooLate() []fault.Issue {
	if time.Until(m.Time) <= maxAhead {
		return nil
	}
	return []fault.Issue{{Location: m.TimeAt, Message: "is more than a year from now: an event is held back for a year at most"}}
}

// Webhook lets in what the webhook called source sent, as the event source/name. It
// reports whether it was taken: of a type that is not open to webhooks it is left
// out, since senders send more than one wants. It fails like [Receiver.Machines], but a
// field that the type does not have is left out too.
func (r *Receiver) Webhook(ctx context.Context, source string, m Message) (taken bool, err error) {
	m.Name = source + "/" + m.Name
	c := r.webhooks[m.Name]
	if c == nil {
		return false, nil
	}
	f, issues, err := c.admit(m, "webhook/"+source, "")
	if err != nil {
		return false, err
	}
	if err := refuse(issues); err != nil {
		return false, err
	}
	_, err = r.bus.Accept(ctx, []events.Foreign{f})
	return err == nil, err
}

// refuse returns the error for what is wrong, or nil if nothing is.
func refuse(issues []fault.Issue) error {
	if len(issues) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "The events are not what they have to be; errors says where. None was taken.").
		In(issues[:min(len(issues), maxIssues)]...)
}

// admit returns m as the outbox takes it, from source, or what is wrong with it.
// Data of a machine says which user is the sender; that of a webhook, whose sender
// is "", may have fields that the type does not have.
func (c *contract) admit(m Message, source, sender string) (events.Foreign, []fault.Issue, error) {
	if len(m.Data) > events.MaxSize {
		return events.Foreign{}, nil, fault.New(fault.TooLarge, "The data of an event is %d bytes, of %d at most.", len(m.Data), events.MaxSize)
	}
	if len(m.Source) > maxName || len(m.ID) > maxName || len(m.Key) > maxName {
		return events.Foreign{}, []fault.Issue{{Location: m.At, Message: fmt.Sprintf("source, id and key have at most %d bytes each", maxName)}}, nil
	}
	data, event, issues, err := c.read(m.Data, m.DataAt, sender)
	if err != nil || len(issues) > 0 {
		return events.Foreign{}, issues, err
	}
	f := events.Foreign{Source: source, ID: m.ID, Name: m.Name, Data: data, Time: m.Time}
	if keyed, ok := event.(interface{ EventKey() string }); ok {
		f.Key = keyed.EventKey()
	} else if m.Key != "" {
		f.Key = source + " " + m.Key // no key of anybody else's
	}
	return f, nil, nil
}
