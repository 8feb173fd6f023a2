package inbound_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/inbound"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// reading is what a machine may send, with something of everything in it.
type reading struct {
	events.FromMachine
	ID     uuid.UUID         `json:"id"`
	Value  float64           `json:"value" minimum:"0"`
	Unit   string            `json:"unit,omitempty" enum:"C,F"`
	Inner  *inner            `json:"inner,omitempty"`
	All    []inner           `json:"all,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Order  int64             `json:"order,string,omitempty"`
	Exact  json.Number       `json:"exact,omitempty"`
}

type inner struct {
	ID *uuid.UUID `json:"id,omitempty"`
	N  int8       `json:"n,omitempty"`
}

// paid is what a webhook may send. That it has a field for who sends is its own
// matter.
type paid struct {
	events.FromWebhook
	Amount   int    `json:"amount"`
	SenderID string `json:"senderId,omitempty"`
}

// both may come by either way, in the order of its key.
type both struct {
	events.FromMachine
	events.FromWebhook
	Key string `json:"key"`
}

func (b both) EventKey() string { return b.Key }

// closed comes from code alone.
type closed struct {
	A int `json:"a"`
}

func open(t *testing.T) (*inbound.Receiver, *db.DB) {
	t.Helper()
	d := dbtest.New(t)
	bus, err := events.Open(t.Context(), config.Events{Key: "key"}, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	it, err := inbound.Open(t.Context(), events.Types{
		{Name: "reading", Data: reflect.TypeFor[reading]()},
		{Name: "shop/paid", Data: reflect.TypeFor[paid]()},
		{Name: "shop/both", Data: reflect.TypeFor[both]()},
		{Name: "closed", Data: reflect.TypeFor[closed]()},
		{Name: "unknown"},
	}, bus)
	if err != nil {
		t.Fatal(err)
	}
	return it, d
}

// kept returns the data of the only event in the outbox, and its key.
func kept(t *testing.T, d *db.DB) (data map[string]any, key string) {
	t.Helper()
	var text []byte
	if err := d.QueryRow(t.Context(), `SELECT data, coalesce(key, '') FROM outbox`).Scan(&text, &key); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	return data, key
}

func message(name, data string) inbound.Message {
	return inbound.Message{Source: "/s", ID: "1", Name: name, Data: []byte(data), At: "type", DataAt: "data"}
}

const id = "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b"

func TestMachinesRefuses(t *testing.T) {
	t.Parallel()
	it, d := open(t)
	large := strings.Repeat("x", 2000)
	for name, tt := range map[string]struct {
		m     inbound.Message
		where string
	}{
		"no such event":             {message("nothing", `{}`), "type"},
		"a closed event":            {message("closed", `{"a":1}`), "type"},
		"an event without a type":   {message("unknown", `{}`), "type"},
		"a webhook's event":         {message("shop/paid", `{"amount":1}`), "type"},
		"no data":                   {message("reading", ``), "data"},
		"null":                      {message("reading", `null`), "data"},
		"a list":                    {message("reading", `[]`), "data"},
		"not UTF-8":                 {message("reading", "{\"id\":\"\xf6\"}"), ""}, // no JSON at all
		"not JSON":                  {message("reading", `{"id":`), ""},
		"a field twice":             {message("reading", `{"id":"`+id+`","value":1,"value":2}`), "data.value"},
		"a field twice, inside":     {message("reading", `{"id":"`+id+`","value":1,"inner":{"n":1,"n":1}}`), "data.inner.n"},
		"a key twice":               {message("reading", `{"id":"`+id+`","value":1,"labels":{"a":"","a":""}}`), "data.labels.a"},
		"a name in other letters":   {message("reading", `{"id":"`+id+`","value":1,"Unit":"C"}`), "data.Unit"},
		"a rule of its type":        {message("reading", `{"id":"`+id+`","value":-1}`), "data.value"},
		"not one of these":          {message("reading", `{"id":"`+id+`","value":1,"unit":"K"}`), "data.unit"},
		"another type":              {message("reading", `{"id":"`+id+`","value":"1"}`), "data.value"},
		"a decoder of its own":      {message("reading", `{"id":"x","value":1}`), "data.id"},
		"the same, deep inside":     {message("reading", `{"id":"`+id+`","value":1,"all":[{},{"id":"x"}]}`), "data.all[1].id"},
		"out of range":              {message("reading", `{"id":"`+id+`","value":1,"inner":{"n":300}}`), "data.inner.n"},
		"an unknown field":          {message("reading", `{"id":"`+id+`","value":1,"x":1}`), "data.x"},
		"an unknown field, inside":  {message("reading", `{"id":"`+id+`","value":1,"inner":{"x":1}}`), "data.inner.x"},
		"a sender":                  {message("reading", `{"id":"`+id+`","value":1,"senderId":"root"}`), "data.senderId"},
		"a sender in other letters": {message("reading", `{"id":"`+id+`","value":1,"SENDERID":"root"}`), "data.SENDERID"},
		"a bare number for a text":  {message("reading", `{"id":"`+id+`","value":1,"order":1}`), "data.order"},
		"no integer in a text":      {message("reading", `{"id":"`+id+`","value":1,"order":"x"}`), "data.order"},
		"a text for a number":       {message("reading", `{"id":"`+id+`","value":1,"exact":"1"}`), "data.exact"},
		"a zero byte":               {message("reading", `{"id":"`+id+`","value":1,"labels":{"a":"\u0000"}}`), "data.labels.a"},
		"a zero byte in a name":     {message("reading", `{"id":"`+id+`","value":1,"labels":{"\u0000":"a"}}`), "data.labels"},
		"a long id":                 {inbound.Message{Name: "reading", ID: large, At: "type"}, "type"},
		"a long source":             {inbound.Message{Name: "reading", Source: large, At: "type"}, "type"},
		"a long key":                {inbound.Message{Name: "reading", Key: large, At: "type"}, "type"},
	} {
		good := message("reading", `{"id":"`+id+`","value":1}`)
		_, err := it.Machines(t.Context(), "ada", []inbound.Message{good, tt.m})
		var where []string
		for _, i := range fault.Of(err).Issues {
			where = append(where, i.Location)
		}
		if got := strings.Join(slices.Compact(where), " "); !fault.Is(err, fault.Invalid) || got != tt.where {
			t.Errorf("%s: %v at %q, want %q", name, err, got, tt.where)
		}
	}
	if _, err := it.Machines(t.Context(), "ada", make([]inbound.Message, inbound.MaxEvents+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too many: %v", err)
	}
	if _, err := it.Machines(t.Context(), "ada", []inbound.Message{message("reading", strings.Repeat(" ", events.MaxSize+1))}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := it.Machines(t.Context(), "", []inbound.Message{}); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("nobody: %v", err)
	}
	var n int
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d events, %v, want none", n, err)
	}
}

func TestMachineIsNamed(t *testing.T) {
	t.Parallel()
	it, d := open(t)
	m := message("reading", `{"id":"`+id+`","value":12345678901234567890,"labels":{"a":"\\u0000"},"inner":null}`)
	m.Key, m.Time = "k", time.Now().Add(time.Hour)
	if _, err := it.Machines(t.Context(), "ada", []inbound.Message{m}); err != nil {
		t.Fatal(err)
	}
	data, key := kept(t, d)
	want := map[string]any{"senderId": "ada", "id": id, "value": 12345678901234567890.0, "labels": map[string]any{"a": `\u0000`}, "inner": nil}
	if diff := cmp.Diff(want, data); diff != "" || key != "machine/ada /s k" {
		t.Errorf("key %q (-want +got)\n%s", key, diff)
	}
}

// Ids in texts, and numbers that no double holds, are kept digit for digit.
func TestExactNumbers(t *testing.T) {
	t.Parallel()
	it, d := open(t)
	const exact = `{"id": "` + id + `", "exact": 616581622363398143.5, "order": "616581622363398143", "value": 1}`
	if _, err := it.Machines(t.Context(), "ada", []inbound.Message{message("reading", exact)}); err != nil {
		t.Fatal(err)
	}
	var number, order string
	if err := d.QueryRow(t.Context(), `SELECT data->>'exact', data->>'order' FROM outbox`).Scan(&number, &order); err != nil {
		t.Fatal(err)
	}
	if number != "616581622363398143.5" || order != "616581622363398143" {
		t.Errorf("got %s and %s", number, order)
	}
}

// An event is held back until its time, unless that is only what clocks differ by. A time
// that Inngest could not live with is now.
func TestTimes(t *testing.T) {
	t.Parallel()
	it, d := open(t)
	now := time.Now()
	for name, tt := range map[string]struct {
		sent, at, until time.Time // zero for now, and for not held
	}{
		"past":             {now.Add(-time.Hour), now.Add(-time.Hour), time.Time{}},
		"none":             {},
		"before Inngest's": {sent: time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)},
		"a fast clock":     {sent: now.Add(50 * time.Second)},
		"in an hour":       {now.Add(time.Hour), time.Time{}, now.Add(time.Hour)},
		"in a year":        {now.Add(365 * 24 * time.Hour), time.Time{}, now.Add(365 * 24 * time.Hour)},
	} {
		m := message("reading", `{"id":"`+id+`","value":1}`)
		m.ID, m.Time = name, tt.sent
		ids, err := it.Machines(t.Context(), "ada", []inbound.Message{m, m})
		if err != nil {
			t.Fatal(err)
		}
		m.Time = now.Add(2 * time.Hour) // it is the event that it was
		if again, err := it.Machines(t.Context(), "ada", []inbound.Message{m}); err != nil || again[0] != ids[0] {
			t.Errorf("%s: again: %v, %v", name, again, err)
		}
		var state string
		var at, next time.Time
		if err := d.QueryRow(t.Context(), `SELECT state, created_at, next_at FROM outbox WHERE id = $1`, ids[0]).Scan(&state, &at, &next); err != nil {
			t.Fatal(err)
		}
		if (state == "held") == tt.until.IsZero() || !near(at, tt.at) || !near(next, tt.until) {
			t.Errorf("%s: is %s, of %s, next %s", name, state, at, next)
		}
	}
}

// near reports whether t is about the time want, or now if that is zero.
func near(t, want time.Time) bool {
	if want.IsZero() {
		want = time.Now()
	}
	return t.Sub(want).Abs() < 10*time.Minute
}

// What is too far ahead is refused, and all that came with it.
func TestTooFarAhead(t *testing.T) {
	t.Parallel()
	it, d := open(t)
	good := message("reading", `{"id":"`+id+`","value":1}`)
	far := good
	far.ID, far.Time, far.TimeAt = "2", time.Now().Add(366*24*time.Hour), "body[1].time"
	_, err := it.Machines(t.Context(), "ada", []inbound.Message{good, far})
	issues := fault.Of(err).Issues
	if !fault.Is(err, fault.Invalid) || len(issues) != 1 || issues[0].Location != far.TimeAt || !strings.Contains(issues[0].Message, "a year at most") {
		t.Errorf("got %v with %+v", err, issues)
	}
	var n int
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d events, %v, want none", n, err)
	}
}

// A webhook's wrong clock holds nothing back.
func TestWebhookIsNotHeld(t *testing.T) {
	t.Parallel()
	it, d := open(t)
	m := message("paid", `{"amount":1}`)
	m.Time = time.Now().Add(time.Hour)
	if taken, err := it.Webhook(t.Context(), "shop", m); !taken || err != nil {
		t.Fatal(taken, err)
	}
	var state string
	if err := d.QueryRow(t.Context(), `SELECT state FROM outbox WHERE next_at <= now()`).Scan(&state); err != nil || state != "waiting" {
		t.Errorf("it is %q, %v", state, err)
	}
}

// What a sender does not know of a type, and a type not of a sender, is no reason
// to refuse a webhook; who sends, a webhook cannot say.
func TestWebhook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, source, kind, data string
		taken                    bool
		want                     map[string]any
		key                      string
	}{
		{"fields of a later version", "shop", "paid", `{"amount":1,"more":{"a":[1]}}`, true, map[string]any{"amount": 1.0, "more": map[string]any{"a": []any{1.0}}}, ""},
		{"a field of that name", "shop", "paid", `{"amount":1,"senderId":"x"}`, true, map[string]any{"amount": 1.0, "senderId": "x"}, ""},
		{"who sends", "shop", "both", `{"key":"k","senderId":"root","SenderID":"root"}`, true, map[string]any{"key": "k"}, "k"},
		{"of no interest", "shop", "lost", `{}`, false, nil, ""},
		{"closed", "", "closed", `{"a":1}`, false, nil, ""},
		{"another source", "bank", "paid", `{"amount":1}`, false, nil, ""},
		{"open to machines", "", "reading", `{}`, false, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			it, d := open(t)
			for range 2 { // the second is the same event
				taken, err := it.Webhook(t.Context(), tt.source, message(tt.kind, tt.data))
				if err != nil || taken != tt.taken {
					t.Fatalf("taken: %t, %v", taken, err)
				}
			}
			if !tt.taken {
				return
			}
			data, key := kept(t, d)
			if diff := cmp.Diff(tt.want, data); diff != "" || key != tt.key {
				t.Errorf("key %q (-want +got)\n%s", key, diff)
			}
		})
	}
	it, _ := open(t)
	if _, err := it.Webhook(t.Context(), "shop", message("paid", `{"amount":"1"}`)); !fault.Is(err, fault.Invalid) {
		t.Errorf("does not fit: %v", err)
	}
}

// A type that cannot be a contract is refused when the router starts.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	type shadowed struct {
		events.FromMachine
		SenderID string
	}
	type unknowable struct {
		events.FromWebhook
		N int `minimum:"many"`
	}
	for _, data := range []reflect.Type{reflect.TypeFor[shadowed](), reflect.TypeFor[unknowable]()} {
		_, err := inbound.Open(t.Context(), events.Types{{Name: "shop/x", Data: data}}, nil)
		if err == nil || !strings.Contains(err.Error(), "shop/x") {
			t.Errorf("%s: %v", data, err)
		}
	}
}
