package durable

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/inngest/inngestgo"
)

// Describe returns what the SDK says of the functions, in the form in which it answers
// Inngest: a JSON object with app_id, url, functions and inspection.
func (h *Host) Describe(ctx context.Context) ([]byte, error) {
	body, err := json.Marshal(map[string]string{"url": h.self.URL()})
	if err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	signature, err := inngestgo.Sign(ctx, time.Now(), []byte(h.keys.Current), body)
	if err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	// In this process, as Inngest's cloud asks for it.
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, h.self.URL(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	req.Header.Set(inngestgo.HeaderKeySignature, signature)
	a := newAnswer()
	if h.sdk.ServeHTTP(a, req); a.status != http.StatusOK {
		return nil, fmt.Errorf("list the functions: the SDK answered %d: %s", a.status, a.body.Bytes())
	}
	return a.body.Bytes(), nil
}
