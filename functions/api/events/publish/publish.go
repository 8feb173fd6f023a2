// Package publish takes events from machines, as CloudEvents 1.0.
package publish

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/events/cloudevent"
	"switchyard/shared/events/inbound"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/events",
	Summary: "Send events, as CloudEvents 1.0",
	Access:  fn.Service,
	Status:  http.StatusAccepted,
	Timeout: 10 * time.Second,
	MaxBody: 2 << 20,
}

// Function lets events in.
type Function struct {
	Inbound *inbound.Receiver
}

// Input is one event in its body, several, or, if its body is plain JSON, the data of
// the event whose attributes are in the headers. Other attributes may be there too;
// they are not looked at.
type Input struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	SpecVersion string `header:"ce-specversion" doc:"Binary mode, like all that begins with ce-: the version of CloudEvents" example:"1.0"`
	ID          string `header:"ce-id" doc:"Names the event, together with its source: the same two again are the same event" example:"42"`
	Source      string `header:"ce-source" doc:"Where it comes from: a URI reference" example:"/sensors/7"`
	Type        string `header:"ce-type" doc:"The event's name" example:"order/unwanted"`
	Time        string `header:"ce-time" doc:"When it happened, in RFC 3339. If that is more than a minute from now, the event is held back until then; a year at most" example:"2026-11-24T20:00:00Z"`
	Key         string `header:"ce-partitionkey" doc:"Events of one key, from one source, take effect one after another" example:"7"`
	RawBody     []byte `contentType:"application/cloudevents+json,application/cloudevents-batch+json,application/json"`
}

// Output is what the events are known as.
type Output struct {
	Body struct {
		IDs []uuid.UUID `json:"ids" nullable:"false" doc:"The events' ids, in their order"`
	}
}

// Handle puts the events into the outbox: all of them, or none. It fails with
// fault.Invalid if one is not what it has to be, and with fault.TooLarge if they are
// too many or too large.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	messages, err := cloudevent.Read(cloudevent.Headers{
		"Content-Type": in.ContentType, "ce-specversion": in.SpecVersion, "ce-id": in.ID, "ce-source": in.Source,
		"ce-type": in.Type, "ce-time": in.Time, "ce-partitionkey": in.Key,
	}, in.RawBody)
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.IDs, err = f.Inbound.Machines(ctx, auth.UserFrom(ctx).ID, messages)
	if err != nil {
		return nil, err
	}
	return &out, nil
}
