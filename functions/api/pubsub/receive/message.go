package receive

import (
	"cmp"
	"errors"
	"net/url"
	"strings"
	"time"

	"switchyard/shared/events/cloudevent"
	"switchyard/shared/events/inbound"
	"switchyard/shared/fault"
	"switchyard/shared/ijson"
)

// untyped is the type of a message that is no CloudEvent.
const untyped = "message"

// message is a message of Pub/Sub.
// See https://cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage
type message struct {
	Data       []byte            `json:"data"`
	Attributes map[string]string `json:"attributes"`
	ID         string            `json:"messageId"`
	Published  string            `json:"publishTime"` // RFC 3339
	Key        string            `json:"orderingKey"`

	at, attributesAt, dataAt string // where it, its attributes and its data stood
}

// message returns the message of the push. It fails with fault.Invalid if it has none.
func (in *Input) message() (message, error) {
	if in.MessageID != "" {
		return in.unwrapped(), nil
	}
	var push struct {
		Message message `json:"message"`
	}
	if e, ok := errors.AsType[*ijson.Error](ijson.Unmarshal(in.RawBody, &push)); ok {
		return message{}, e.Fault("body", noPush)
	}
	m := push.Message
	m.at, m.attributesAt, m.dataAt = "body.message", "body.message.attributes.", "body.message.data"
	if m.ID == "" {
		return message{}, invalid(fault.Issue{
			Location: "body.message.messageId", Message: "is missing; with payload unwrapping, turn on that metadata is written too",
		})
	}
	return m, nil
}

// unwrapped returns the message whose data is the body, and whose attributes are headers.
func (in *Input) unwrapped() message {
	return message{
		Data: in.RawBody, ID: in.MessageID, Published: in.PublishTime, Key: in.OrderingKey,
		Attributes: map[string]string{
			"content-type": in.ContentType, "ce-specversion": in.SpecVersion, "ce-id": in.ID,
			"ce-source": in.EventSource, "ce-type": in.Type, "ce-time": in.Time,
		},
		at: "header", attributesAt: "header.", dataAt: "body",
	}
}

// event returns what m is an event of.
func (m message) event() (inbound.Message, error) {
	kind := cmp.Or(m.Attributes["content-type"], m.Attributes["Content-Type"], m.Attributes["ce-datacontenttype"])
	if m.Attributes["ce-specversion"] != "" || strings.HasPrefix(kind, "application/cloudevents") {
		return m.cloudEvent(kind)
	}
	return inbound.Message{
		ID: m.ID, Name: untyped, Key: m.Key, Time: m.published(), Data: m.Data, At: m.at, DataAt: m.dataAt,
	}, nil
}

// published returns when m was published; zero, which is now, if it does not say so.
func (m message) published() time.Time {
	t, err := time.Parse(time.RFC3339Nano, m.Published)
	if err != nil {
		return time.Time{}
	}
	return t
}

// cloudEvent returns m as the CloudEvent that it carries, in attributes or in its data. It
// is known by its own id and source. See
// https://github.com/googleapis/google-cloudevents/blob/main/docs/spec/pubsub.md
func (m message) cloudEvent(contentType string) (inbound.Message, error) {
	headers := cloudevent.Headers{"Content-Type": contentType}
	for _, name := range []string{"ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "ce-partitionkey"} {
		headers[name] = url.PathEscape(m.Attributes[name]) // an attribute is plain text, and a header is not
	}
	all, err := cloudevent.Read(headers, m.Data)
	if err != nil {
		return inbound.Message{}, m.inside(err)
	}
	if len(all) != 1 {
		return inbound.Message{}, invalid(fault.Issue{Location: m.dataAt, Message: "expected one event"})
	}
	e := all[0]
	e.ID, e.Key = e.Source+" "+e.ID, cmp.Or(m.Key, e.Key)
	if e.Time.IsZero() {
		e.Time = m.published()
	}
	e.At, e.DataAt = m.where(e.At), m.where(e.DataAt)
	return e, nil
}

// inside returns the error of a request as one of the message in it.
func (m message) inside(err error) error {
	e := fault.Of(err)
	issues := make([]fault.Issue, len(e.Issues))
	for i, issue := range e.Issues {
		issues[i] = fault.Issue{Location: m.where(issue.Location), Message: issue.Message}
	}
	return e.In(issues...)
}

// where returns where in the push stands what would be there in a request.
func (m message) where(location string) string {
	if name, ok := strings.CutPrefix(location, "header."); ok {
		return m.attributesAt + name
	}
	return m.dataAt + strings.TrimPrefix(location, "body")
}

const noPush = "This is no push of Google Pub/Sub."

func invalid(issue fault.Issue) error { return fault.New(fault.Invalid, noPush).In(issue) }
