package webhook_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/functions/api/webhooks/receive/internal/webhook"
	"switchyard/shared/config"
	"switchyard/shared/fault"
)

type header map[string]string

func source(format config.WebhookFormat, secrets ...config.Secret) config.WebhookSource {
	return config.WebhookSource{Format: format, Secrets: secrets}
}

// where says what came of a webhook: "taken", "unknown", or what is wrong with it.
func where(err error) string {
	var all []string
	for _, i := range fault.Of(err).Issues {
		all = append(all, i.Location)
	}
	switch {
	case fault.Is(err, fault.NotFound):
		return "unknown"
	case fault.Is(err, fault.Invalid) && len(all) == 0:
		return "malformed"
	case fault.Is(err, fault.Invalid):
		return strings.Join(all, " ")
	}
	return err.Error()
}

// Signatures that the senders publish: they are right, and what they sign is too old,
// or no JSON.
func TestPublished(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source config.WebhookSource
		header header
		body   string
		want   string
	}{
		"Standard Webhooks": {
			source("standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
			header{"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330", "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
			`{"test": 2432232314}`, "header.webhook-timestamp",
		},
		"Svix": {
			source("standard", "whsec_plJ3nmyCDGBKInavdOK15jsl"),
			header{"svix-id": "msg_loFOjxBNrRLzqYUf", "svix-timestamp": "1731705121", "svix-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="},
			`{"event_type":"ping","data":{"success":true}}`, "header.svix-timestamp",
		},
		"GitHub": {
			source("github", "It's a Secret to Everybody"),
			header{"X-GitHub-Delivery": "1", "X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
			"Hello, World!", "malformed",
		},
	} {
		_, err := webhook.Open(tt.source, webhook.Request{Headers: tt.header, Body: []byte(tt.body)})
		if got := where(err); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		_, err = webhook.Open(tt.source, webhook.Request{Headers: tt.header, Body: []byte(tt.body + " ")})
		if got := where(err); got != "unknown" {
			t.Errorf("%s, changed: %s", name, got)
		}
	}
}

const (
	standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	otherSecret    = "whsec_plJ3nmyCDGBKInavdOK15jsl"
	stripeSecret   = "whsec_abcdefghijklmnopqrstuvwxyz012345"
	textSecret     = "It's a Secret to Everybody"
)

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// standard are the headers of Standard Webhooks, with the prefix webhook or svix.
func standard(prefix, secret string, at time.Time, body string) header {
	const id = "1"
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	sum := mac(key, fmt.Sprintf("%s.%d.%s", id, at.Unix(), body))
	return header{prefix + "-id": id, prefix + "-timestamp": fmt.Sprint(at.Unix()), prefix + "-signature": "v1," + base64.StdEncoding.EncodeToString(sum)}
}

func gitHub(secret, event, body string) header {
	return header{"X-GitHub-Delivery": "d", "X-GitHub-Event": event, "X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac([]byte(secret), body))}
}

func stripe(secret string, at time.Time, body string) header {
	sum := hex.EncodeToString(mac([]byte(secret), fmt.Sprintf("%d.%s", at.Unix(), body)))
	return header{"Stripe-Signature": fmt.Sprintf("t=%d,v1=%s,v0=%s", at.Unix(), sum, sum)}
}

// with returns h with these headers as well, or without those that are "".
func (h header) with(kv ...string) header {
	for i := 0; i < len(kv); i += 2 {
		h[kv[i]] = kv[i+1]
	}
	return h
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	now, old := time.Now(), time.Now().Add(-6*time.Minute)
	body := `{"id":"evt_1","type":"a","data":{}}`
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pair := config.Secret("whpk_" + base64.StdEncoding.EncodeToString(public))
	byPair := func(id string) header {
		text := fmt.Sprintf("%s.%d.%s", id, now.Unix(), body)
		signature := base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(text)))
		return header{"webhook-id": id, "webhook-timestamp": fmt.Sprint(now.Unix()), "webhook-signature": "v1,AAAA v1a," + signature}
	}
	std, git, pay := source("standard", otherSecret, standardSecret, pair), source("github", textSecret, "another secret text"), source("stripe", otherSecret, stripeSecret)
	good := standard("webhook", standardSecret, now, body)["webhook-signature"]
	for _, tt := range []struct {
		name   string
		source config.WebhookSource
		header header
		want   string
	}{
		{"standard", std, standard("webhook", standardSecret, now, body), ""},
		{"svix", std, standard("svix", otherSecret, now, body), ""},
		{"the webhook headers go first", std, standard("svix", standardSecret, old, body).with("webhook-id", "1", "webhook-timestamp", fmt.Sprint(now.Unix()), "webhook-signature", good), ""},
		{"several signatures", std, standard("webhook", standardSecret, now, body).with("webhook-signature", "v1 v2,x v1,!! v1,AAAA  "+good), ""},
		{"a key pair", std, byPair("1"), ""},
		{"a key pair, another id", std, byPair("1").with("webhook-id", "2"), "unknown"},
		{"a MAC with a public key", source("standard", pair), standard("webhook", strings.Replace(string(pair), "whpk_", "whsec_", 1), now, body), "unknown"},
		{"half of each sender's headers", std, standard("webhook", standardSecret, now, body).with("webhook-id", "", "svix-id", "1"), "header.webhook-id header.svix-signature header.svix-timestamp"},
		{"standard, old", std, standard("webhook", standardSecret, old, body), "header.webhook-timestamp"},
		{"standard, a time that is none", std, standard("webhook", standardSecret, now, body).with("webhook-timestamp", "now"), "unknown"},
		{"another secret", source("standard", otherSecret), standard("webhook", standardSecret, now, body), "unknown"},
		{"no source", config.WebhookSource{}, standard("webhook", standardSecret, now, body), "unknown"},
		{"no source, a decoy", config.WebhookSource{}, standard("webhook", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", now, body), "unknown"},
		{"no source, no header", config.WebhookSource{}, header{}, "header"},
		{"no header", std, header{}, "header"},
		{"github", git, gitHub(textSecret, "push", body), ""},
		{"github, the second secret", git, gitHub("another secret text", "push", body), ""},
		{"github, SHA-1", git, gitHub(textSecret, "push", body).with("X-Hub-Signature-256", "sha1=00"), "unknown"},
		{"github, no prefix", git, gitHub(textSecret, "push", body).with("X-Hub-Signature-256", hex.EncodeToString(mac([]byte(textSecret), body))), "unknown"},
		{"github, no digits", git, gitHub(textSecret, "push", body).with("X-Hub-Signature-256", "sha256="), "unknown"},
		{"github, no id", git, gitHub(textSecret, "push", body).with("X-GitHub-Delivery", ""), "header.X-GitHub-Delivery"},
		{"github, no event", git, gitHub(textSecret, "", body), "header.X-GitHub-Event"},
		{"github's of a standard source", std, gitHub(textSecret, "push", body), "unknown"},
		{"stripe", pay, stripe(stripeSecret, now, body), ""},
		{"stripe, the second secret", pay, stripe(otherSecret, now, body), ""},
		{"stripe, several signatures", pay, header{"Stripe-Signature": strings.Replace(stripe(stripeSecret, now, body)["Stripe-Signature"], ",v1=", ", v1=00,v1=zz,v1=", 1)}, ""},
		{"stripe, old", pay, stripe(stripeSecret, old, body), "header.Stripe-Signature"},
		{"stripe, of the future", pay, stripe(stripeSecret, now.Add(6*time.Minute), body), "header.Stripe-Signature"},
		{"stripe, another time", pay, header{"Stripe-Signature": "t=1," + stripe(stripeSecret, now, body)["Stripe-Signature"]}.with("Stripe-Signature", strings.Replace(stripe(stripeSecret, now, body)["Stripe-Signature"], "t=", "t=1", 1)), "unknown"},
		{"stripe, v0 alone", pay, header{"Stripe-Signature": strings.Replace(stripe(stripeSecret, now, body)["Stripe-Signature"], ",v1=", ",v2=", 1)}, "unknown"},
		{"stripe, a standard secret", std, stripe(standardSecret, now, body), "unknown"},
		{"standard headers, stripe's source", pay, standard("webhook", otherSecret, now, body), "unknown"},
	} {
		_, err := webhook.Open(tt.source, webhook.Request{Headers: tt.header, Body: []byte(body)})
		got := ""
		if err != nil {
			got = where(err)
		}
		if got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
		const untimely = "This webhook was not signed within 5 minutes of now: "
		if late := strings.Contains(tt.name, ", old") || strings.Contains(tt.name, "future"); late && !strings.HasPrefix(fault.Of(err).Message, untimely) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// told is a message, to be compared.
type told struct {
	Types, ID, Data, DataAt string
	Time                    time.Time
}

// What a webhook is, each format says in its own way.
func TestMessages(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	std, git, pay := source("standard", standardSecret), source("github", textSecret), source("stripe", stripeSecret)
	all := func(body string) told { return told{"webhook", "1", body, "body", now} }
	for body, want := range map[string]told{
		`{"type":"a.b","timestamp":"2026-11-24T20:00:00Z","data":{"x":1}}`:    {"a.b", "1", `{"x":1}`, "body.data", at},
		`{"type":"user.created","timestamp":1795550400000,"data":{},"o":"e"}`: {"user.created", "1", `{}`, "body.data", at}, // Clerk
		`{"type":"email.sent","created_at":"2026-11-24T20:00:00Z","data":{}}`: {"email.sent", "1", `{}`, "body.data", at},   // Resend
		`{"type":"a","timestamp":1795550400,"n":1}`:                           {"a", "1", `{"type":"a","timestamp":1795550400,"n":1}`, "body", at},
		`{"type":"a","data": null }`:                                          {"a", "1", `{"type":"a","data": null }`, "body", now},
		`{"type":5,"data":{}}`:                                                all(`{"type":5,"data":{}}`),
		`{"TYPE":"a"}`:                                                        all(`{"TYPE":"a"}`),
		`{"event_type":"a"}`:                                                  all(`{"event_type":"a"}`),
		`[1]`:                                                                 all(`[1]`),
		`null`:                                                                all(`null`),
	} {
		check(t, std, standard("svix", standardSecret, now, body), body, want)
	}
	for body, want := range map[string]told{
		`{"action":"opened","timestamp":1}`: {"issues.opened issues", "d", `{"action":"opened","timestamp":1}`, "body", time.Time{}},
		`{"ref":"refs/heads/main"}`:         {"issues", "d", `{"ref":"refs/heads/main"}`, "body", time.Time{}},
	} {
		check(t, git, gitHub(textSecret, "issues", body), body, want)
	}
	const thin = `{"id":"evt_1","type":"v2.x","created":"2026-11-24T20:00:00Z"}`
	const full = `{"id":"evt_1","object":"event","type":"invoice.paid","created":1795550400,"data":{"object":{"id":"in_1"}}}`
	check(t, pay, stripe(stripeSecret, now, full), full, told{"invoice.paid", "evt_1", full, "body", at})
	check(t, pay, stripe(stripeSecret, now, thin), thin, told{"v2.x", "evt_1", thin, "body", at})
	for body, want := range map[string]string{`{"type":"a"}`: "body.id", `{"id":"a"}`: "body.type", `[]`: "body.id", `{`: "malformed", `{"id":"a","type":"b","data":{"n":1,"n":2}}`: "body.data.n", `[{"n":1,"n":2}]`: "body[0].n"} {
		_, err := webhook.Open(pay, webhook.Request{Headers: stripe(stripeSecret, now, body), Body: []byte(body)})
		if got := where(err); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func check(t *testing.T, source config.WebhookSource, h header, body string, want told) {
	t.Helper()
	m, err := webhook.Open(source, webhook.Request{Headers: h, Body: []byte(body)})
	if err != nil {
		t.Errorf("%s: %v", body, err)
		return
	}
	got := told{strings.Join(m.Types, " "), m.ID, string(m.Data), m.DataAt, m.Time.UTC()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", body, diff)
	}
}
