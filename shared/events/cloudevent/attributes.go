package cloudevent

import (
	"encoding/json"
	"mime"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/shared/events/inbound"
	"switchyard/shared/fault"
	"switchyard/shared/ijson"
)

// attributes are one event before it is understood, and what is wrong with it.
type attributes struct {
	raw     map[string]json.RawMessage // by name, of an event in JSON
	headers Headers                    // in place of raw, in binary mode
	body    []byte                     // the data, in binary mode
	at      string                     // what stands before the names in locations
	issues  []fault.Issue
}

func binary(headers Headers, body []byte) attributes {
	return attributes{headers: headers, body: body, at: "header.ce-"}
}

func (a *attributes) wrong(name, message string) {
	a.issues = append(a.issues, fault.Issue{Location: a.at + name, Message: message})
}

// message returns the event as package inbound takes it.
func (a *attributes) message() inbound.Message {
	m := inbound.Message{
		ID: a.required("id"), Source: a.required("source"), Name: a.required("type"),
		Key: a.text("partitionkey"), At: a.at + "type", TimeAt: a.at + "time",
	}
	if version := a.required("specversion"); version != "" && version != "1.0" {
		a.wrong("specversion", "expected 1.0")
	}
	if _, err := url.Parse(m.Source); err != nil {
		a.wrong("source", "is not a URI reference")
	}
	if at := a.text("time"); at != "" {
		var err error
		if m.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
			a.wrong("time", "is not a time such as 2026-11-24T20:00:00Z")
		}
	}
	if m.Data, m.DataAt = a.data(); len(m.Data) > 0 && !isJSON(a.contentType()) {
		a.wrongType()
	}
	return m
}

// contentType returns the media type of the data; "" if it is not said.
func (a *attributes) contentType() string {
	if a.raw == nil {
		return a.headers["Content-Type"]
	}
	return a.text("datacontenttype")
}

func (a *attributes) wrongType() {
	if a.raw == nil {
		a.issues = append(a.issues, fault.Issue{Location: "header.Content-Type", Message: "the data of an event has to be JSON"})
		return
	}
	a.wrong("datacontenttype", "the data of an event has to be JSON")
}

// isJSON reports whether data of this media type is JSON, as it is by default.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasSuffix(kind, "/json") || strings.HasSuffix(kind, "+json"))
}

// required returns the attribute name, which has to be there.
func (a *attributes) required(name string) string {
	known := len(a.issues)
	s := a.text(name)
	if s == "" && len(a.issues) == known {
		a.wrong(name, "is missing")
	}
	return s
}

// text returns the attribute name, or "" if it is not there or wrong.
func (a *attributes) text(name string) string {
	var s string
	if a.raw == nil {
		var ok bool
		if s, ok = decodeHeader(a.headers["ce-"+name]); !ok {
			a.wrong(name, "is not encoded as the header of a CloudEvent is")
			return ""
		}
	} else if text, ok := a.raw[name]; ok && ijson.Unmarshal(text, &s) != nil { // null is as if it were not there
		a.wrong(name, "expected string")
		return ""
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		a.wrong(name, "has a control character")
		return ""
	}
	return s
}

// decodeHeader undoes how a header holds text: older senders put it in quotes, and
// what is not printable ASCII is percent-encoded.
func decodeHeader(s string) (string, bool) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = unquote(s[1 : len(s)-1])
	}
	s, err := url.PathUnescape(s)
	return s, err == nil && utf8.ValidString(s)
}

// unquote takes the backslashes away that stand before other characters.
func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
