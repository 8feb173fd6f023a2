package webhook_test

import (
	"net/http"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"switchyard/shared/outgoing/webhook"
)

// While a secret is replaced, who knows the old or the new one can verify.
func TestSign(t *testing.T) {
	t.Parallel()
	before, after := webhook.NewSecret(), webhook.NewSecret()
	body, err := webhook.Message{Type: "a.b", Timestamp: time.Now(), Data: map[string]int{"n": 1}}.Body()
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	if err := webhook.Sign(h, "msg_1", time.Now(), body, after, before); err != nil {
		t.Fatal(err)
	}
	for secret, want := range map[string]bool{before: true, after: true, webhook.NewSecret(): false} {
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(body, h); (err == nil) != want {
			t.Errorf("%v, want verified: %t", err, want)
		}
		if err := verifier.Verify(append(body, ' '), h); err == nil {
			t.Error("another body is verified")
		}
	}
}
