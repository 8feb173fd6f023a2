// Package receive takes messages from push subscriptions of Google Pub/Sub, as they are
// and as CloudEvents, wrapped and unwrapped.
package receive

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/events/inbound"
	"switchyard/shared/events/pubsub"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:     "POST /api/pubsub/{source}",
	Summary:   "Take a message of Google Pub/Sub",
	Access:    fn.Public, // the token in Authorization says who sends
	AnyOrigin: true,      // wherever it is sent from
	Logged:    []string{"source"},
	Status:    http.StatusAccepted,
	Timeout:   15 * time.Second,
}

// Function lets messages in.
type Function struct {
	Inbound *inbound.Receiver
	Sources *pubsub.Sources
}

// Input is a push: a message in its body with all that belongs to it, or, if payload
// unwrapping is on with its metadata, the data alone, and all else in headers.
// See https://cloud.google.com/pubsub/docs/push and …/payload-unwrapping
type Input struct {
	Source        string `path:"source" maxLength:"63" doc:"Which subscription sends: a name in PUBSUB"`
	Authorization string `header:"Authorization" hidden:"true"`
	ContentType   string `header:"Content-Type" hidden:"true"`
	MessageID     string `header:"x-goog-pubsub-message-id" maxLength:"1024" doc:"Unwrapped: names the message; the same again is the same event"`
	PublishTime   string `header:"x-goog-pubsub-publish-time" maxLength:"64" doc:"Unwrapped: when it was published: RFC 3339"`
	OrderingKey   string `header:"x-goog-pubsub-ordering-key" maxLength:"1024" doc:"Unwrapped: messages of one key take effect one after another"`
	SpecVersion   string `header:"ce-specversion" maxLength:"16" doc:"Unwrapped, a CloudEvent, like all that begins with ce-: the version of CloudEvents" example:"1.0"`
	ID            string `header:"ce-id" maxLength:"1024" doc:"Names the event, together with its source"`
	EventSource   string `header:"ce-source" maxLength:"1024" doc:"Where it comes from: a URI reference"`
	Type          string `header:"ce-type" maxLength:"1024" doc:"The event's name is this, behind that of the source"`
	Time          string `header:"ce-time" maxLength:"64" doc:"When it happened: RFC 3339"`
	RawBody       []byte `contentType:"application/json,application/cloudevents+json"`
}

// Output says whether it was taken. Pub/Sub sends what was answered otherwise again.
type Output struct {
	Status int // 202; 204 if the event is of no interest here
}

// Handle puts what the message tells into the outbox, as the event source/type of a
// CloudEvent, or source/message. It fails with fault.Unauthorized if the token is not
// one of the source's, and with fault.Invalid if the message is not what the event's type wants.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	if err := f.Sources.Admit(ctx, in.Source, in.Authorization); err != nil {
		return nil, err
	}
	m, err := in.message()
	if err != nil {
		return nil, err
	}
	event, err := m.event()
	if err != nil {
		return nil, err
	}
	taken, err := f.Inbound.Webhook(ctx, in.Source, event)
	switch {
	case err != nil:
		return nil, err
	case !taken:
		return &Output{Status: http.StatusNoContent}, nil
	}
	return &Output{Status: http.StatusAccepted}, nil
}
