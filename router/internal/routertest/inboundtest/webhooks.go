package inboundtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
)

// Secret is one by which sources sign their webhooks.
const Secret = "whsec_bmV3IHNlY3JldCBvZiB0aGUgc2Nhbm5lciE="

const (
	oldSecret   = "whsec_b2xkIHNlY3JldCBvZiB0aGUgc2Nhbm5lciE="
	otherSecret = "whsec_c2VjcmV0IG9mIGFub3RoZXIgc291cmNlISE="
)

// Signed returns the headers of a webhook that was sent at this time.
func Signed(t *testing.T, secret, id, body string, at time.Time) map[string]string {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"Content-Type": "application/json", standardwebhooks.HeaderWebhookID: id,
		standardwebhooks.HeaderWebhookTimestamp: fmt.Sprint(at.Unix()), standardwebhooks.HeaderWebhookSignature: signature,
	}
}

// asSvix returns the headers of a webhook as Svix calls them.
func asSvix(h map[string]string) map[string]string {
	renamed := map[string]string{}
	for name, value := range h {
		renamed[strings.Replace(name, "webhook-", "svix-", 1)] = value
	}
	return renamed
}

// Webhooks sends what is taken and what is not, by Standard Webhooks.
func Webhooks(t *testing.T, p program.Program, names Names) {
	t.Helper()
	settings := names.in("WEBHOOKS=bank=" + oldSecret + ",bank=" + Secret + ",billing=" + otherSecret)
	r := routertest.Start(t, p, append(routertest.Environment(t, ""), settings))
	path := names.in("/api/webhooks/bank")
	twice := names.in(`{"type":"order.disputed","timestamp":"2026-11-24T20:00:00Z","data":{"finding":"a","finding":"b"}}`)
	body := func(kind, data string) string {
		return names.in(fmt.Sprintf(`{"type":%q,"timestamp":"2026-11-24T20:00:00Z","data":%s}`, kind, data))
	}
	found := body("order.disputed", fmt.Sprintf(`{"orderId":%q,"finding":"fraud","new":{"in":"this version"}}`, orderID))
	now := time.Now()
	without := func(name string) map[string]string {
		h := Signed(t, Secret, "9", found, now)
		delete(h, name)
		return h
	}
	with := func(name, value string) map[string]string {
		h := Signed(t, Secret, "9", found, now)
		h[name] = value
		return h
	}
	for _, tt := range []struct {
		name, path string
		header     map[string]string
		body       string
		status     int
		where      string
	}{
		{"new secret", path, Signed(t, Secret, "1", found, now), found, 202, ""},
		{"again", path, Signed(t, Secret, "1", found, now.Add(time.Minute)), found, 202, ""},
		{"from a site", path, with("Origin", "https://bank.example"), found, 202, ""},
		{"old secret", path, Signed(t, oldSecret, "2", found, now), found, 202, ""},
		{"several signatures", path, with("webhook-signature", "v1a,x v1,AAAA "+Signed(t, oldSecret, "9", found, now)["webhook-signature"]), found, 202, ""},
		{"of no interest", path, Signed(t, Secret, "3", body("order.settled", `{}`), now), body("order.settled", `{}`), 204, ""},
		{"a closed type", path, Signed(t, Secret, "3", body("/mail/queued", `{}`), now), body("/mail/queued", `{}`), 204, ""},
		{"another source's secret", path, Signed(t, otherSecret, "3", found, now), found, 404, ""},
		{"another source's event", "/api/webhooks/billing", Signed(t, otherSecret, "3", found, now), found, 204, ""},
		{"unknown source", "/api/webhooks/nobody", Signed(t, Secret, "3", found, now), found, 404, ""},
		{"unknown source, signed with nothing", "/api/webhooks/nobody", Signed(t, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "3", found, now), found, 404, ""},
		{"forged", path, with("webhook-signature", "v1,"+strings.Repeat("A", 43)+"="), found, 404, ""},
		{"tampered body", path, Signed(t, Secret, "3", found, now), found + " ", 404, ""},
		{"tampered id", path, with("webhook-id", "other"), found, 404, ""},
		{"tampered time", path, with("webhook-timestamp", fmt.Sprint(now.Unix()+1)), found, 404, ""},
		{"as Svix calls it", path, asSvix(Signed(t, Secret, "svix", found, now)), found, 202, ""},
		{"no signature", path, without("webhook-signature"), found, 422, "header.webhook-signature"},
		{"no id", path, without("webhook-id"), found, 422, "header.webhook-id"},
		{"no time", path, without("webhook-timestamp"), found, 422, "header.webhook-timestamp"},
		{"no header, no source", "/api/webhooks/nobody", map[string]string{}, found, 422, "header"},
		{"a long signature", path, with("webhook-signature", strings.Repeat("v1,AAAA ", 1000)), found, 422, "header.webhook-signature"},
		{"expired", path, Signed(t, Secret, "3", found, now.Add(-6*time.Minute)), found, 422, "header.webhook-timestamp"},
		{"of the future", path, Signed(t, Secret, "3", found, now.Add(6*time.Minute)), found, 422, "header.webhook-timestamp"},
		{"of the end of time", path, Signed(t, Secret, "3", found, time.Unix(1<<62, 0)), found, 422, "header.webhook-timestamp"},
		{"does not fit", path, Signed(t, Secret, "3", body("order.disputed", `{"finding":5}`), now), body("order.disputed", `{"finding":5}`), 422, "body.data body.data.finding"},
		{"not JSON", path, Signed(t, Secret, "3", "secret", now), "secret", 400, ""},
		{"a field twice", path, Signed(t, Secret, "3", twice, now), twice, 422, "body.data.finding"},
		{"no type, and nobody wants such", path, Signed(t, Secret, "3", "{}", now), "{}", 204, ""},
		{"too large", path, Signed(t, Secret, "3", found, now), found + strings.Repeat(" ", 1<<20), 413, ""},
		{"too large data", path, Signed(t, Secret, "3", body("order.disputed", `"`+strings.Repeat("x", 600<<10)+`"`), now), body("order.disputed", `"`+strings.Repeat("x", 600<<10)+`"`), 413, ""},
	} {
		got := r.Post(tt.path, tt.header, tt.body)
		if got.Status != tt.status || !strings.EqualFold(got.Locations(), tt.where) {
			t.Errorf("%s: got %+v, want %d at %q", tt.name, got, tt.status, tt.where)
		}
	}
	unknown, forged := r.Post("/api/webhooks/nobody", Signed(t, otherSecret, "3", found, now), found), r.Post(path, Signed(t, otherSecret, "3", found, now), found)
	if diff := cmp.Diff(unknown.Detail, forged.Detail); diff != "" {
		t.Errorf("the answer tells whether there is such a source: %s", diff)
	}
	var n int
	if err := routertest.DB(t, r.Env).QueryRow(t.Context(), names.in(`SELECT count(*) FROM outbox WHERE name = 'bank/order.disputed'`)).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d events, %v, want 4: two came twice", n, err)
	}
	if log := r.Log.String(); strings.Contains(log, "whsec_") || strings.Contains(log, "fraud") {
		t.Error("the log shows a secret or what was sent")
	}
}

// WebhookFormats sends webhooks of GitHub and Stripe, which are known by the id that each has in its own place, and
// their body is the event.
func WebhookFormats(t *testing.T, p program.Program, names Names) {
	t.Helper()
	_, kind, _ := strings.Cut(names.Disputed, "/")
	thing, action, _ := strings.Cut(kind, ".")
	const secret = "whsec_0123456789abcdefghijklmnopqrstuv"
	mac := func(text string) string {
		h := hmac.New(sha256.New, []byte(secret))
		_, _ = io.WriteString(h, text)
		return hex.EncodeToString(h.Sum(nil))
	}
	gitHub := func(id, body string) map[string]string {
		return map[string]string{"Content-Type": "application/json", "X-GitHub-Delivery": id, "X-GitHub-Event": thing, "X-Hub-Signature-256": "sha256=" + mac(body)}
	}
	stripe := func(_, body string) map[string]string {
		now := fmt.Sprint(time.Now().Unix())
		return map[string]string{"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": "t=" + now + ",v1=" + mac(now+"."+body)}
	}
	for format, tt := range map[string]struct {
		sign func(id, body string) map[string]string
		body string
	}{
		"github": {gitHub, `{"action":"` + action + `","orderId":%q,"finding":"%s"}`},
		"stripe": {stripe, `{"id":%[2]q,"type":"order.disputed","created":1795550400,"orderId":%[1]q,"data":{"object":{}}}`},
	} {
		t.Run(format, func(t *testing.T) {
			// Not in parallel: routers of one program share what it reads of the environment.
			r := routertest.Start(t, p, append(routertest.Environment(t, ""), names.in("WEBHOOKS=bank="+format+":"+secret)))
			for _, id := range []string{"a", "b", "a"} {
				body := names.in(fmt.Sprintf(tt.body, orderID, id))
				if got := r.Post(names.in("/api/webhooks/bank"), tt.sign(id, body), body); got.Status != http.StatusAccepted {
					t.Errorf("%s: %+v", id, got)
				}
				if got := r.Post(names.in("/api/webhooks/bank"), tt.sign(id, body+" "), body); got.Status != http.StatusNotFound {
					t.Errorf("%s, forged: %+v", id, got)
				}
			}
			var n int
			var order string
			err := routertest.DB(t, r.Env).QueryRow(t.Context(), names.in(`SELECT count(*), min(data->>'orderId') FROM outbox WHERE name = 'bank/order.disputed'`)).Scan(&n, &order)
			if err != nil || n != 2 || order != orderID {
				t.Errorf("%d events of %s, %v, want 2: one came twice", n, order, err)
			}
			if log := r.Log.String(); strings.Contains(log, secret) {
				t.Error("the log shows the secret")
			}
		})
	}
}
