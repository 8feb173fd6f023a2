// Package oidc asks identity providers, and verifies the id tokens that they sign
// (OpenID Connect, RFC 7517, RFC 7519).
package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"switchyard/internal/project"
)

// Patience bounds the time that providers may take, together, to answer the calls that one
// request makes to them.
const Patience = 10 * time.Second

// maxAnswer is how much of a provider's answer is read, in bytes.
const maxAnswer = 1 << 20

// NewClient returns the client for asking providers. It goes straight to the address that it
// is given: it uses no proxy of the environment and follows no redirect, since these would
// hand secrets to somebody else. It keeps no connections, since sign-ins are rare.
func NewClient() *http.Client {
	return &http.Client{
		Timeout: Patience,
		Transport: jsonPlease{&http.Transport{
			DisableKeepAlives:      true,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// jsonPlease says in each request what is expected of the answer, without which
// GitHub gives out tokens as a form, and who asks, without which it does not answer.
type jsonPlease struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (j jsonPlease) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", project.Name())
	return j.next.RoundTrip(r)
}

// Get reads the JSON at url into dest. bearer is an access token, "" for none.
func Get(ctx context.Context, client *http.Client, url, bearer string, dest any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: the answer is %s", url, answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", url, err)
	}
	if len(body) > maxAnswer {
		return fmt.Errorf("read the answer of %s: it is larger than %d bytes", url, maxAnswer)
	}
	if err := json.Unmarshal(body, dest); err != nil {
		return fmt.Errorf("read the answer of %s: %w", url, err)
	}
	return nil
}
