package cloudevent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/events/cloudevent"
	"switchyard/shared/events/inbound"
	"switchyard/shared/fault"
)

// headers returns binary mode's, changed by kv; "" leaves one out.
func headers(kv ...string) cloudevent.Headers {
	h := cloudevent.Headers{"Content-Type": "application/json", "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
	for i := 0; i < len(kv); i += 2 {
		h[kv[i]] = kv[i+1]
	}
	return h
}

// whole are the headers of an event that is all in the body.
func whole(contentType string) cloudevent.Headers {
	return cloudevent.Headers{"Content-Type": contentType}
}

const minimal = `{"specversion":"1.0","id":"1","source":"/s","type":"t"}`

// with returns the minimal event with more in it, in place of what has the same name.
func with(more string) string {
	name, _, _ := strings.Cut(more, ":")
	var kept []string
	for field := range strings.SplitSeq(strings.Trim(minimal, "{}"), ",") {
		if !strings.HasPrefix(field, name+":") {
			kept = append(kept, field)
		}
	}
	return "{" + strings.Join(append(kept, more), ",") + "}"
}

func TestRead(t *testing.T) {
	t.Parallel()
	structured, batched := whole(cloudevent.Structured+"; charset=UTF-8"), whole(cloudevent.Batched)
	at := time.Date(2026, 11, 24, 20, 0, 0, 5e8, time.UTC)
	inBody := inbound.Message{Source: "/s", ID: "1", Name: "t", At: "body.type", TimeAt: "body.time", DataAt: "body.data"}
	inHeaders := inbound.Message{Source: "/s", ID: "1", Name: "t", At: "header.ce-type", TimeAt: "header.ce-time", DataAt: "body"}
	change := func(m inbound.Message, f func(*inbound.Message)) []inbound.Message {
		f(&m)
		return []inbound.Message{m}
	}
	data := func(m inbound.Message, text, where string) []inbound.Message {
		return change(m, func(m *inbound.Message) { m.Data, m.DataAt = []byte(text), where })
	}
	for _, tt := range []struct {
		name    string
		headers cloudevent.Headers
		body    string
		want    []inbound.Message
	}{
		{"structured", structured, minimal, []inbound.Message{inBody}},
		{"data", structured, with(`"data":{"a":1}`), data(inBody, `{"a":1}`, "body.data")},
		{"data of no type", structured, with(`"data":{"a":1},"datacontenttype":null`), data(inBody, `{"a":1}`, "body.data")},
		{"data of its own type", structured, with(`"data":[1],"datacontenttype":"application/vnd.x+json; v=1"`), data(inBody, `[1]`, "body.data")},
		{"data in base64", structured, with(`"data_base64":"eyJhIjoxfQ=="`), data(inBody, `{"a":1}`, "body.data_base64")},
		{"data that is null", structured, with(`"data":null,"data_base64":null`), []inbound.Message{inBody}},
		{"attributes that are not looked at", structured, with(`"subject":5,"other":{"a":1},"dataschema":"x"`), []inbound.Message{inBody}},
		{
			"time and key", structured, with(`"time":"2026-11-24T21:00:00.5+01:00","partitionkey":"k"`),
			change(inBody, func(m *inbound.Message) { m.Time, m.Key = at, "k" }),
		},
		{"batch of none", batched, "[]", []inbound.Message{}},
		{"batch", batched, "[" + minimal + "]", change(inBody, func(m *inbound.Message) { m.At, m.TimeAt, m.DataAt = "body[0].type", "body[0].time", "body[0].data" })},
		{"binary", headers(), `{"a":1}`, data(inHeaders, `{"a":1}`, "body")},
		{"binary without data", headers("Content-Type", ""), "", data(inHeaders, "", "body")},
		{"binary, percent-encoded", headers("ce-id", "Euro%20%E2%82%AC%20%f0%9F%98%80"), "", change(inHeaders, func(m *inbound.Message) { m.ID, m.Data = "Euro € 😀", []byte{} })},
		{"binary, quoted", headers("ce-id", `"a \"b\" \\ %25"`), "", change(inHeaders, func(m *inbound.Message) { m.ID, m.Data = `a "b" \ %`, []byte{} })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := cloudevent.Read(tt.headers, []byte(tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	structured, batched := whole(cloudevent.Structured+"; charset=UTF-8"), whole(cloudevent.Batched)
	for _, tt := range []struct {
		name    string
		headers cloudevent.Headers
		body    string
		where   string // "" if it is no JSON at all
	}{
		{"no JSON", structured, "{", ""},
		{"not UTF-8", structured, with("\"type\":\"\xf6\""), ""},
		{"not UTF-8 in a batch", batched, "[" + with("\"type\":\"\xf6\"") + "]", ""},
		{"an attribute twice", structured, strings.Replace(minimal, "{", `{"id":"2",`, 1), "body.id"},
		{"an attribute twice in a batch", batched, "[" + strings.Replace(minimal, "{", `{"id":"2",`, 1) + "]", "body[0].id"},
		{"a field of the data twice", structured, with(`"data":{"a":{"b":1,"b":2}}`), "body.data.a.b"},
		{"no object", structured, "[]", "body"},
		{"null", structured, "null", "body"},
		{"two events", structured, minimal + minimal, ""},
		{"no array", batched, minimal, "body"},
		{"no batch", batched, "null", "body"},
		{"null in a batch", batched, "[null]", "body[0].id body[0].source body[0].type body[0].specversion"},
		{"an array in a batch", batched, "[[]]", "body[0]"},
		{"nothing", structured, "{}", "body.id body.source body.type body.specversion"},
		{"other version", structured, strings.Replace(minimal, "1.0", "0.3", 1), "body.specversion"},
		{"number for text", structured, with(`"id":1`), "body.id"},
		{"empty id", structured, with(`"id":""`), "body.id"},
		{"other case", structured, strings.Replace(minimal, `"id"`, `"ID"`, 1), "body.id"},
		{"source", structured, with(`"source":"%zz"`), "body.source"},
		{"time", structured, with(`"time":"yesterday"`), "body.time"},
		{"control character", structured, with(`"type":"a\u0000"`), "body.type"},
		{"key", structured, with(`"partitionkey":{}`), "body.partitionkey"},
		{"other data", structured, with(`"data":"x","datacontenttype":"text/plain"`), "body.datacontenttype"},
		{"data twice", structured, with(`"data":{},"data_base64":"e30="`), "body.data_base64"},
		{"base64 of a number", structured, with(`"data_base64":5`), "body.data_base64"}, // at which the SDK panics
		{"no base64", structured, with(`"data_base64":"*"`), "body.data_base64"},
		{"binary without anything", cloudevent.Headers{}, "", "header.ce-id header.ce-source header.ce-type header.ce-specversion"},
		{"binary, other data", headers("Content-Type", "text/xml"), "<a/>", "header.Content-Type"},
		{"binary, bad escape", headers("ce-id", "100%"), "", "header.ce-id"},
		{"binary, overlong escape", headers("ce-id", "%C0%A0"), "", "header.ce-id"},
		{"binary, escaped control character", headers("ce-id", "%00"), "", "header.ce-id"},
		{"no media type", headers("Content-Type", ";"), "", "header.Content-Type"},
		{"another format", headers("Content-Type", "application/cloudevents+protobuf"), "", "header.Content-Type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := cloudevent.Read(tt.headers, []byte(tt.body))
			var where []string
			for _, i := range fault.Of(err).Issues {
				where = append(where, i.Location)
			}
			if got := strings.Join(where, " "); !fault.Is(err, fault.Invalid) || got != tt.where {
				t.Errorf("%v at %q, want %q", err, got, tt.where)
			}
		})
	}
}

// Whatever comes, it is refused, or is whole.
func FuzzRead(f *testing.F) {
	for _, s := range []string{minimal, "[" + minimal + "]", with(`"data":{"a":1}`), with(`"data_base64":"e30=","time":"2026-11-24T20:00:00Z"`), with(`"data_base64":5`)} {
		f.Add("application/cloudevents+json", "1", s)
		f.Add("application/cloudevents-batch+json", "1", s)
		f.Add("application/json", `"a%20\"b"`, s)
	}
	f.Fuzz(func(t *testing.T, contentType, id, body string) {
		h := headers("Content-Type", contentType, "ce-id", id)
		messages, err := cloudevent.Read(h, []byte(body))
		if err != nil {
			if !fault.Is(err, fault.Invalid) || len(fault.Of(err).Issues) == 0 {
				t.Errorf("refused with %v", err)
			}
			return
		}
		for _, m := range messages {
			if m.ID == "" || m.Source == "" || m.Name == "" || m.At == "" || m.TimeAt == "" || m.DataAt == "" {
				t.Errorf("taken: %+v", m)
			}
		}
	})
}
