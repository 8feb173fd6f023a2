package webhook

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"switchyard/shared/config"
	"switchyard/shared/events/inbound"
	"switchyard/shared/fault"
	"switchyard/shared/ijson"
)

// untyped is the type of a webhook that does not say what it is.
const untyped = "webhook"

// Message is the event that a webhook tells of.
type Message struct {
	inbound.Message
	// Types lists the names that the event may have, without its source, the most
	// precise first; Name is not set.
	Types []string
}

// message returns what the verified request tells.
func (r Request) message(h headers, s signed) (Message, error) {
	b, err := read(r.Body)
	if err != nil {
		return Message{}, err
	}
	m := Message{Message: inbound.Message{Data: r.Body, DataAt: "body", At: "body.type", Time: b.time("timestamp", "created_at")}}
	switch h.format {
	case config.GitHubWebhooks:
		return r.gitHub(m, b), nil
	case config.StripeWebhooks:
		return stripe(m, b)
	case config.StandardWebhooks:
	}
	m.ID, m.Types = r.Headers[h.others[0]], []string{untyped}
	if kind := b.text("type"); kind != "" {
		m.Types = []string{kind}
		if data, ok := b["data"]; ok && string(data) != "null" {
			m.Data, m.DataAt = data, "body.data"
		}
	}
	if m.Time.IsZero() {
		m.Time = instant(s.seconds)
	}
	return m, nil
}

// gitHub returns m as GitHub tells it: its id and what it is stand in headers, which are
// not signed. It says nothing of the time.
// See https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
func (r Request) gitHub(m Message, b body) Message {
	m.ID, m.At, m.Time = r.Headers["X-GitHub-Delivery"], "header.X-GitHub-Event", time.Time{}
	event := r.Headers["X-GitHub-Event"]
	if action := b.text("action"); action != "" {
		m.Types = append(m.Types, event+"."+action)
	}
	m.Types = append(m.Types, event)
	return m
}

// stripe returns m as Stripe tells it.
// See https://docs.stripe.com/api/events/object
func stripe(m Message, b body) (Message, error) {
	id, kind := b.text("id"), b.text("type")
	switch {
	case id == "":
		return Message{}, wrong("body.id", "is missing, and every event of Stripe has one")
	case kind == "":
		return Message{}, wrong("body.type", "is missing, and every event of Stripe has one")
	}
	m.ID, m.Types, m.Time = id, []string{kind}, b.time("created")
	return m, nil
}

const notAsConfigured = "This webhook is not of the format that its source is configured for."

func wrong(location, message string) error {
	return fault.New(fault.Invalid, notAsConfigured).In(fault.Issue{Location: location, Message: message})
}

// body is the members of a body in JSON, by their names; none if it is no object.
type body map[string]json.RawMessage

// read returns the members of text. It fails with fault.Invalid if package ijson refuses
// text, wherever in it.
func read(text []byte) (b body, err error) {
	err = ijson.Unmarshal(text, &b)
	e, ok := errors.AsType[*ijson.Error](err)
	if ok && e.Kind == ijson.Misfit && e.Path == "" { // no object: a list, or a text
		var whole any
		e, ok = errors.AsType[*ijson.Error](ijson.Unmarshal(text, &whole))
	}
	if ok {
		return nil, e.Fault("body", notAsConfigured)
	}
	return b, nil
}

// text returns the member name, or "" if it is no text.
func (b body) text(name string) string {
	var s string
	if json.Unmarshal(b[name], &s) != nil {
		return ""
	}
	return s
}

// time returns the first of the members that is a time; zero if none is.
func (b body) time(names ...string) time.Time {
	for _, name := range names {
		var t time.Time
		if json.Unmarshal(b[name], &t) == nil && !t.IsZero() {
			return t
		}
		if t := instant(string(b[name])); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// instant returns the time that a number of seconds or milliseconds since 1970 stands
// for; zero if text is neither.
func instant(text string) time.Time {
	const milliseconds = 1e11 // in seconds this is the year 5138
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n >= milliseconds:
		return time.UnixMilli(n)
	}
	return time.Unix(n, 0)
}
