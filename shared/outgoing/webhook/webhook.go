// Package webhook makes what the receivers of webhooks verify by the Standard Webhooks
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
// secrets, bodies, and headers with signatures.
package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// secretLength is how much chance a secret holds, in bytes.
const secretLength = 32

// NewSecret returns another secret each time: whsec_ and 32 random bytes in base64.
func NewSecret() string {
	var b [secretLength]byte
	_, _ = rand.Read(b[:]) // never fails; it ends the program instead
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}

// Message is the body of a webhook.
type Message struct {
	Type      string    `json:"type"`      // "file.ready"
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      any       `json:"data"`
}

// Body returns m as JSON.
func (m Message) Body() ([]byte, error) {
	m.Timestamp = m.Timestamp.UTC()
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("webhook: write the body: %w", err)
	}
	return body, nil
}

// Sign sets the headers of a webhook with this id and body, sent at this time. It signs with each
// of the secrets. While a new secret replaces an old one, give both: a receiver knows one.
func Sign(h http.Header, id string, at time.Time, body []byte, secrets ...string) error {
	var signatures []string
	for _, secret := range secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
		signature, err := signer.Sign(id, at, body)
		if err != nil {
			return fmt.Errorf("webhook: sign: %w", err)
		}
		signatures = append(signatures, signature)
	}
	h.Set("Content-Type", "application/json")
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}
