package events

import "switchyard/internal/event"

// FromMachine is embedded in the type of an event to open it to POST /api/events:
// any machine that presents a key may send it. Without it an event comes from code
// alone.
//
// Anybody who has an account can have a key. A job that listens must do no more for
// the event than the user in SenderID may do.
// An event can be held back for a year: its sender may be banned by then, see package
// standing.
type FromMachine = event.FromMachine

// FromWebhook is embedded in the type of an event to open it to the webhooks of one
// source: the event "billing/invoice.paid" to POST /api/webhooks/billing, to the source of
// that name of Google Pub/Sub, and to nothing else from outside.
type FromWebhook = event.FromWebhook

// Types are all types of events that the generator found in the source, by name. A
// service whose Open takes them gets them from the catalog.
type Types = event.Types

// Type is a type of events.
type Type = event.Type
