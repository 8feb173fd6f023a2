package triggers_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"switchyard/internal/oidc/oidctest"
	"switchyard/router/internal/routertest"
)

// push is a push of Pub/Sub with a message that has this id, data and attributes.
func push(t *testing.T, id, key, data string, attributes map[string]string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"message": map[string]any{
			"data": base64.StdEncoding.EncodeToString([]byte(data)), "attributes": attributes, "messageId": id, "message_id": id,
			"publishTime": "2026-11-24T20:00:00.5Z", "publish_time": "2026-11-24T20:00:00.5Z", "orderingKey": key,
		},
		"subscription": "projects/p/subscriptions/s", "deliveryAttempt": 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPubSub(t *testing.T) {
	t.Parallel()
	const orderID = "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b"
	const account, path = "push@project.iam.gserviceaccount.com", "/api/pubsub/bank"
	issuer := oidctest.New(t)
	r := routertest.Start(t, shop(), append(routertest.Environment(t, ""), "PUBSUB=bank="+account, "PUBSUB_AUDIENCE=shop", "GOOGLE_KEYS_URL="+issuer.URL))
	token := "Bearer " + issuer.Sign(t, oidctest.Google(account, "shop"))
	other := "Bearer " + issuer.Sign(t, oidctest.Google("mallory@project.iam.gserviceaccount.com", "shop"))
	header := func(authorization string, kv ...string) map[string]string {
		h := map[string]string{"Content-Type": "application/json", "Authorization": authorization}
		for i := 0; i < len(kv); i += 2 {
			h[kv[i]] = kv[i+1]
		}
		return h
	}
	event := func(id, source, kind string) map[string]string {
		return map[string]string{
			"ce-specversion": "1.0", "ce-id": id, "ce-source": source, "ce-type": kind, "ce-time": "2026-11-24T20:00:00Z",
			"ce-datacontenttype": "application/json", "more": "of it",
		}
	}
	found := fmt.Sprintf(`{"orderId":%q,"finding":"fraud"}`, orderID)
	structured := fmt.Sprintf(`{"specversion":"1.0","id":"4","source":"/s","type":"order.disputed","data":%s}`, found)
	one := event("1", "/50%25/off", "order.disputed")
	unwrapped := []string{
		"x-goog-pubsub-subscription-name", "projects/p/subscriptions/s", "x-goog-pubsub-message-id", "m5", "x-goog-pubsub-ordering-key", "k",
		"x-goog-pubsub-publish-time", "2026-11-24T20:00:00.5Z", "ce-specversion", "1.0", "ce-id", "5", "ce-source", "/s", "ce-type", "order.disputed",
	}
	for _, tt := range []struct {
		name, path string
		header     map[string]string
		body       string
		status     int
		where      string
	}{
		{"a CloudEvent", path, header(token), push(t, "m1", "", found, one), 202, ""},
		{"again", path, header(token), push(t, "m1", "", found, one), 202, ""},
		{"published twice", path, header(token), push(t, "m2", "", found, one), 202, ""},
		{"another source of events", path, header(token), push(t, "m3", "k", found, event("1", "/other", "order.disputed")), 202, ""},
		{"structured", path, header(token), push(t, "m4", "k", structured, map[string]string{"content-type": "application/cloudevents+json; charset=utf-8"}), 202, ""},
		{"unwrapped", path, header(token, unwrapped...), found, 202, ""},
		{"of no interest", path, header(token), push(t, "m6", "", `{}`, event("6", "/s", "order.settled")), 204, ""},
		{"a plain message", path, header(token), push(t, "m6", "", `no JSON`, nil), 204, ""},
		{"does not fit", path, header(token), push(t, "m7", "", `{"orderId":5}`, event("7", "/s", "order.disputed")), 422, "body.message.data.orderId"},
		{"lacks an attribute", path, header(token), push(t, "m7", "", found, map[string]string{"ce-specversion": "1.0", "ce-id": "7", "ce-type": "order.disputed"}), 422, "body.message.attributes.ce-source"},
		{"no message", path, header(token), `{"message":{}}`, 422, "body.message.messageId"},
		{"no base64", path, header(token), `{"message":{"messageId":"1","data":"!"}}`, 422, "body.message.data"},
		{"an id twice", path, header(token), `{"message":{"messageId":"1","messageId":"2"}}`, 422, "body.message.messageId"},
		{"no JSON", path, header(token), `{`, 400, ""},
		{"another type", path, header(token, "Content-Type", "text/plain"), `x`, 415, ""},
		{"a batch", path, header(token), push(t, "m7", "", "[]", map[string]string{"content-type": "application/cloudevents-batch+json"}), 422, "body.message.data"},
		{"unwrapped, does not fit", path, header(token, unwrapped...), `{"orderId":5}`, 422, "body.orderId"},
		{"no token", path, header(""), push(t, "m8", "", found, one), 401, ""},
		{"another account", path, header(other), push(t, "m8", "", found, one), 401, ""},
		{"a subscription of nobody", "/api/pubsub/nobody", header(token), push(t, "m8", "", found, one), 401, ""},
	} {
		got := r.Post(tt.path, tt.header, tt.body)
		if got.Status != tt.status || got.Locations() != tt.where {
			t.Errorf("%s: got %+v, want %d at %q", tt.name, got, tt.status, tt.where)
		}
	}
	var n, keyed int
	err := routertest.DB(t, r.Env).QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE key = 'webhook/bank k') FROM outbox
		WHERE name = 'bank/order.disputed' AND data->>'orderId' = $1 AND created_at < '2026-11-25'`, orderID).Scan(&n, &keyed)
	if err != nil || n != 4 || keyed != 3 {
		t.Errorf("%d events, %d with a key, %v: want 4, one of which came three times, and 3", n, keyed, err)
	}
}
