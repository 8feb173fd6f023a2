// Package inboundtest tests that events from outside come in as they are to: by
// POST /api/events, and as webhooks. A program calls it with events of its own.
package inboundtest

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
)

// Names are what a program calls the events that the tests send.
type Names struct {
	// Unwanted is open to machines, and Disputed to the webhooks of its source. They are
	// "order/unwanted" and "bank/order.disputed" below.
	Unwanted, Disputed string
	// Field is a UUID in the data of both, "orderId" below. Disputed has a text, finding.
	Field string
}

// in returns a text in the words of the program.
func (n Names) in(text string) string {
	source, kind, _ := strings.Cut(n.Disputed, "/")
	return strings.NewReplacer("order/unwanted", n.Unwanted, "order.disputed", kind, "bank", source, "orderId", n.Field).Replace(text)
}

// Machine is a caller with a key, which is anybody's who has an account.
type Machine struct {
	*routertest.Router
	names        Names
	User, Secret string
}

// NewMachine makes an account with a key.
func NewMachine(r *routertest.Router, names Names, name string) Machine {
	user, id := r.SignUpAs(name)
	return Machine{Router: user, names: names, User: id, Secret: user.MakeKey("machine").Secret}
}

// Publish sends a request to /api/events as a machine.
func (m Machine) Publish(header map[string]string, body string) routertest.Reply {
	m.T.Helper()
	all := maps.Clone(header)
	all["Authorization"] = "Bearer " + m.Secret
	for name, value := range all {
		all[name] = m.names.in(value)
	}
	return m.Post("/api/events", all, m.names.in(body))
}

const orderID = "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b"

// Structured is an event as CloudEvents writes it in JSON.
func Structured(id string, more string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":"order/unwanted"%s}`, id, more)
}

// at is the attribute of a time to come.
func at(ahead time.Duration) string {
	return fmt.Sprintf(`,"time":%q`, time.Now().Add(ahead).Format(time.RFC3339))
}

// CloudEvents sends what is taken and what is not.
func CloudEvents(t *testing.T, p program.Program, names Names) {
	t.Helper()
	r := routertest.Start(t, p, routertest.Environment(t, ""))
	outbox := routertest.DB(t, r.Env)
	ada := NewMachine(r, names, "ada")
	data := fmt.Sprintf(`{"orderId":%q}`, orderID)
	withData := `,"data":` + data
	one := map[string]string{"Content-Type": "application/cloudevents+json; charset=utf-8"}
	many := map[string]string{"Content-Type": "application/cloudevents-batch+json"}
	binary := func(id string, kv ...string) map[string]string {
		h := map[string]string{
			"Content-Type": "application/json", "ce-specversion": "1.0", "ce-id": id, "ce-source": "/test", "ce-type": "order/unwanted",
		}
		for i := 0; i < len(kv); i += 2 {
			h[kv[i]] = kv[i+1]
		}
		return h
	}
	for _, tt := range []struct {
		name   string
		header map[string]string
		body   string
		status int
		where  string // what is wrong
	}{
		{"structured", one, Structured("1", withData), 202, ""},
		{"binary", binary("2"), data, 202, ""},
		{"batch", many, "[" + Structured("3", withData) + "," + Structured("4", withData) + "]", 202, ""},
		{"empty batch", many, "[]", 202, ""},
		{"later", one, Structured("later", at(time.Hour)+withData), 202, ""},
		{"later in binary", binary("later", "ce-time", "2999-01-01T00:00:00Z"), data, 422, "header.ce-time"},
		{"too late, in a batch", many, "[" + Structured("5", withData) + "," + Structured("6", at(9000*time.Hour)+withData) + "]", 422, "body[1].time"},
		{"unknown type", one, strings.Replace(Structured("5", withData), "order/unwanted", "order/unwonted", 1), 422, "body.type"},
		{"closed type", one, strings.Replace(Structured("5", withData), "order/unwanted", "mail/queued", 1), 422, "body.type"},
		{"closed type in binary", binary("5", "ce-type", "mail/queued"), `{}`, 422, "header.ce-type"},
		{"a webhook's type", binary("5", "ce-type", "bank/order.disputed"), data, 422, "header.ce-type"},
		{"of Inngest", binary("5", "ce-type", "inngest/function.failed"), data, 422, "header.ce-type"},
		{"no data", one, Structured("5", ""), 422, "body.data"},
		{"no data in binary", binary("5"), "", 422, "body"},
		{"field of another type", one, Structured("5", `,"data":{"orderId":5}`), 422, "body.data.orderId"},
		{"field of another form", binary("5"), `{"orderId":"secret"}`, 422, "body.orderId"},
		{"unknown field", one, Structured("5", `,"data":{"orderId":"`+orderID+`","extra":1}`), 422, "body.data.extra"},
		{"somebody else's name", one, Structured("5", `,"data":{"orderId":"`+orderID+`","senderId":"root"}`), 422, "body.data.senderId"},
		{"somebody else's name, in disguise", one, Structured("5", `,"data":{"orderId":"`+orderID+`","\u017fenderid":"root"}`), 422, "body.data.\u017fenderid"},
		{"one of a batch", many, "[" + Structured("5", withData) + "," + Structured("6", `,"data":{}`) + "]", 422, "body[1].data"},
		{
			"all that is wrong", many, `[{},{"specversion":"0.3","id":"5","source":"%","type":"x"}]`, 422,
			"body[0].id body[0].source body[0].type body[0].specversion body[1].specversion body[1].source",
		},
		{"not JSON", binary("5"), `{"orderId":`, 400, ""},
		{"not UTF-8", one, Structured("5", ",\"data\":{\"orderId\":\"\xff\"}"), 400, ""},
		{"a field twice", one, Structured("5", `,"data":{"orderId":"secret","orderId":"`+orderID+`"}`), 422, "body.data.orderId"},
		{"an attribute twice", one, Structured("5", `,"id":"6"`+withData), 422, "body.id"},
		{"a field twice in binary", binary("5"), `{"orderId":"secret","orderId":"` + orderID + `"}`, 422, "body.orderId"},
		{"a field in other letters", binary("5"), `{"orderId":"` + orderID + `","ORDERID":"x"}`, 422, "body.ORDERID"},
		{"other data", binary("5", "Content-Type", "text/plain"), data, 415, ""},
		{"another format", map[string]string{"Content-Type": "application/cloudevents+avro"}, "x", 415, ""},
		{"no attributes", map[string]string{"Content-Type": "application/json"}, data, 422, "header.ce-id header.ce-source header.ce-type header.ce-specversion"},
		{"zero byte", one, Structured("5", `,"data":{"orderId":"\u0000"}`), 422, "body.data.orderId"},
		{"too many", many, "[" + strings.Repeat(Structured("5", withData)+",", 500) + Structured("5", withData) + "]", 413, ""},
		{"too large", binary("5"), `{"orderId":"` + strings.Repeat("x", 512<<10) + `"}`, 413, ""},
		{"over the limit", binary("5"), strings.Repeat(" ", 3<<20), 413, ""},
	} {
		got := ada.Publish(tt.header, tt.body)
		if got.Status != tt.status || got.Locations() != names.in(tt.where) || strings.Contains(fmt.Sprint(got), "secret") {
			t.Errorf("%s: got %+v, want %d at %q", tt.name, got, tt.status, tt.where)
		}
	}
	var n, held int
	if err := outbox.QueryRow(t.Context(), names.in(`SELECT count(*), count(*) FILTER (WHERE state = 'held') FROM outbox
		WHERE name = 'order/unwanted'`)).Scan(&n, &held); err != nil || n != 5 || held != 1 {
		t.Errorf("%d events in the outbox, %d held, %v, want the 5 that were taken, one of them held", n, held, err)
	}
	var kept string
	if err := outbox.QueryRow(t.Context(), names.in(`SELECT data->>'senderId' FROM outbox WHERE name = 'order/unwanted' LIMIT 1`)).Scan(&kept); err != nil || kept != ada.User {
		t.Errorf("the sender is %q, %v, want %q", kept, err, ada.User)
	}
}

// CloudEventsAgain sends the same event again: it is the same event, of one sender. Another
// one has ids of their own, and can neither read nor prevent anything.
func CloudEventsAgain(t *testing.T, p program.Program, names Names) {
	t.Helper()
	r := routertest.Start(t, p, routertest.Environment(t, ""))
	ada, bob := NewMachine(r, names, "ada"), NewMachine(r, names, "bob")
	batch := map[string]string{"Content-Type": "application/cloudevents-batch+json"}
	data := fmt.Sprintf(`,"data":{"orderId":%q}`, orderID)
	first := ada.Publish(batch, "["+Structured("1", data)+","+Structured("2", data)+"]")
	again := ada.Publish(batch, "["+Structured("2", data)+","+Structured("1", data)+","+Structured("3", data)+"]")
	if first.Status != 202 || again.Status != 202 || len(first.IDs) != 2 || len(again.IDs) != 3 ||
		first.IDs[0] != again.IDs[1] || first.IDs[1] != again.IDs[0] {
		t.Errorf("first %+v, then %+v", first, again)
	}
	other := bob.Publish(batch, "["+Structured("1", data)+"]")
	if other.Status != 202 || other.IDs[0] == first.IDs[0] {
		t.Errorf("of another sender: %+v", other)
	}
	var n int
	if err := routertest.DB(t, r.Env).QueryRow(t.Context(), names.in(`SELECT count(*) FROM outbox WHERE name = 'order/unwanted'`)).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d events, %v, want 3 and 1", n, err)
	}
	for secret, want := range map[string]int{"": 401, "wrong": 401} {
		stranger := Machine{Router: r, Secret: secret}
		if got := stranger.Publish(batch, "[]"); got.Status != want {
			t.Errorf("key %q: %+v", secret, got)
		}
	}
	person := ada.Post("/api/events", map[string]string{"Cookie": ada.Cookie, "Content-Type": batch["Content-Type"]}, "[]")
	if person.Status != 401 {
		t.Errorf("a person without a key: %+v", person)
	}
}
