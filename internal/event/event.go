// Package event has the types of events that a program knows, as its catalog lists them.
// Package events, which functions import, has the same types under its own name. They stand
// here so that a program that publishes nothing does not link the code of publishing.
package event

import "reflect"

// FromMachine is embedded in the type of an event to open it to POST /api/events:
// any machine that presents a key may send it. Without it an event comes from code
// alone.
//
// Anybody who has an account can have a key. So a job that listens must not do more for the
// event than SenderID may do. An event can be held back for a year: its sender may be
// banned by then, see package standing.
type FromMachine struct {
	// SenderID is the user for whom the machine acts; "" if code published the
	// event. It is set when the event comes in, and cannot be sent.
	SenderID string `json:"senderId,omitempty"`
}

// FromWebhook is embedded in the type of an event to open it to the webhooks of one
// source: the event "billing/invoice.paid" to POST /api/webhooks/billing, to the source of
// that name of Google Pub/Sub, and to nothing else from outside.
type FromWebhook struct{}

// Types are all types of events that the generator found in the source, by name. A
// service whose Open takes them gets them from the catalog.
type Types []Type

// Type is a type of events.
type Type struct {
	Name string
	// Data is the struct that is the event's data. It is nil if the source names no
	// such type, or one that nothing else can use.
	Data reflect.Type
	// Publishers are the functions, and the packages of shared/, that publish it.
	Publishers []string
	// Listeners are the jobs that run on it, and Cancels those whose runs it stops.
	Listeners, Cancels []string
	// Sources are the AWS services whose records become such events.
	Sources []string
}

// Machines reports whether machines may send events of the type: it embeds [FromMachine].
func (t Type) Machines() bool { return t.embeds(reflect.TypeFor[FromMachine]()) }

// Webhooks reports whether webhooks may send events of the type: it embeds [FromWebhook].
func (t Type) Webhooks() bool { return t.embeds(reflect.TypeFor[FromWebhook]()) }

func (t Type) embeds(marker reflect.Type) bool {
	if t.Data == nil || t.Data.Kind() != reflect.Struct {
		return false
	}
	for f := range t.Data.Fields() {
		if f.Anonymous && f.Type == marker {
			return true
		}
	}
	return false
}
