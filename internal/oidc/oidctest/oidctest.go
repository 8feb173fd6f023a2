// Package oidctest is an issuer of id tokens for tests, with keys of its own that it
// publishes over HTTP.
package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer signs id tokens as Google does.
type Issuer struct {
	URL   string // where its keys are
	Asked atomic.Int32

	mu  sync.Mutex
	key jose.JSONWebKey
}

// New returns an issuer that stops with the test.
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{}
	i.Rotate(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.Asked.Add(1)
		key := i.Key()
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}})
	}))
	t.Cleanup(server.Close)
	i.URL = server.URL
	return i
}

// Rotate gives it another key, the only one from now on.
func (i *Issuer) Rotate(t testing.TB) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key = jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: string(jose.RS256), Use: "sig"}
}

// Key returns its key, the private half too.
func (i *Issuer) Key() jose.JSONWebKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.key
}

// Google returns the claims of a token of Google's for the service account, which begins now.
func Google(account, audience string) map[string]any {
	now := time.Now()
	return map[string]any{
		"iss": "https://accounts.google.com", "sub": "113774264463038321964", "azp": "113774264463038321964", "aud": audience,
		"email": account, "email_verified": true, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// Sign returns a token with these claims.
func (i *Issuer) Sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	return SignWith(t, jose.SigningKey{Algorithm: jose.RS256, Key: i.Key()}, claims)
}

// SignWith returns a token with these claims that another key has signed.
func SignWith(t testing.TB, key jose.SigningKey, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
