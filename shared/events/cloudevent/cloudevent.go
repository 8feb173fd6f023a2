// Package cloudevent reads events as CloudEvents 1.0 sends them over HTTP: binary,
// where the headers are the attributes and the body is the data; structured, where
// the body is the event; and batched, where it is several.
//
// The SDK for Go is not used: what it reads JSON with is no longer maintained, it
// panics on some input ("data_base64": 5), and its HTTP half brings a logger along.
package cloudevent

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	"switchyard/shared/events/inbound"
	"switchyard/shared/fault"
	"switchyard/shared/ijson"
)

// The media types of the modes in which the body says it all.
const (
	Structured = "application/cloudevents+json"
	Batched    = "application/cloudevents-batch+json"
)

// Headers are the headers that matter, by their names: Content-Type, ce-id.
type Headers map[string]string

// Read returns the events in a request: in its body, or in both for the binary mode.
// It fails with fault.Invalid, naming every place that is wrong.
func Read(headers Headers, body []byte) ([]inbound.Message, error) {
	const contentType = "Content-Type"
	kind, _, err := mime.ParseMediaType(headers[contentType])
	switch {
	case err != nil && headers[contentType] != "":
		return nil, invalid(fault.Issue{Location: "header." + contentType, Message: "is not a media type"})
	case kind == Structured:
		var fields map[string]json.RawMessage
		if err := ijson.Unmarshal(body, &fields); err != nil || fields == nil {
			return nil, misread(err, "is not a JSON object, as "+Structured+" is")
		}
		return read([]attributes{{raw: fields, at: "body."}})
	case kind == Batched:
		return batch(body)
	case strings.HasPrefix(kind, "application/cloudevents"):
		return nil, invalid(fault.Issue{Location: "header." + contentType, Message: "is a format of CloudEvents that is not known here: JSON is"})
	}
	return read([]attributes{binary(headers, body)})
}

func batch(body []byte) ([]inbound.Message, error) {
	var all []map[string]json.RawMessage
	if err := ijson.Unmarshal(body, &all); err != nil || all == nil {
		return nil, misread(err, "is not a JSON array of objects, as "+Batched+" is")
	}
	events := make([]attributes, len(all))
	for i, fields := range all {
		events[i] = attributes{raw: fields, at: fmt.Sprintf("body[%d].", i)}
	}
	return read(events)
}

// misread returns the fault for a body that package ijson refuses, which is not what it
// should be.
func misread(err error, what string) error {
	e, ok := errors.AsType[*ijson.Error](err)
	if !ok || e.Path == "" && e.Kind == ijson.Misfit {
		return invalid(fault.Issue{Location: "body", Message: what})
	}
	return e.Fault("body", "This is no event of CloudEvents 1.0; none was taken.")
}

// read returns the events, or everything that is wrong with them.
func read(all []attributes) ([]inbound.Message, error) {
	messages := make([]inbound.Message, len(all))
	var issues []fault.Issue
	for i := range all {
		messages[i] = all[i].message()
		issues = append(issues, all[i].issues...)
	}
	if len(issues) > 0 {
		return nil, invalid(issues...)
	}
	return messages, nil
}

// maxIssues is how much of what is wrong is told.
const maxIssues = 20

func invalid(issues ...fault.Issue) error {
	return fault.New(fault.Invalid, "This is no event of CloudEvents 1.0; errors says where. None was taken.").
		In(issues[:min(len(issues), maxIssues)]...)
}

// data returns the event's data and where it stands.
func (a *attributes) data() (data []byte, at string) {
	const plain, encoded = "data", "data_base64"
	if a.raw == nil {
		return a.body, "body"
	}
	text, isEncoded := a.raw[encoded]
	if value, ok := a.raw[plain]; !isEncoded || isNull(text) {
		if !ok || isNull(value) {
			return nil, a.at + plain
		}
		return value, a.at + plain
	} else if ok && !isNull(value) {
		a.wrong(encoded, "is there beside data: only one can be")
		return nil, a.at + encoded
	}
	var s string
	if ijson.Unmarshal(text, &s) != nil {
		a.wrong(encoded, "expected string")
		return nil, a.at + encoded
	}
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		a.wrong(encoded, "is not base64")
	}
	return data, a.at + encoded
}

func isNull(text json.RawMessage) bool { return string(text) == "null" }
