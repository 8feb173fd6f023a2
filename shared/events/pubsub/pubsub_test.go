package pubsub_test

import (
	"crypto/x509"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"switchyard/internal/oidc/oidctest"
	"switchyard/shared/config"
	"switchyard/shared/events/pubsub"
	"switchyard/shared/fault"
)

const (
	account  = "push@project.iam.gserviceaccount.com"
	audience = "https://shop.example/api/pubsub/orders"
)

func open(t *testing.T, issuer *oidctest.Issuer) *pubsub.Sources {
	t.Helper()
	c := config.PubSub{Sources: config.PubSubSources{"orders": {"other@project.example", account}, "other": {"other@project.example"}}}
	for to, text := range map[*config.URL]string{&c.Origin: "https://shop.example", &c.Keys: issuer.URL + "/certs"} {
		if err := to.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	sources, err := pubsub.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	issuer, another := oidctest.New(t), oidctest.New(t)
	sources := open(t, issuer)
	with := func(changes map[string]any) string {
		claims := oidctest.Google(account, audience)
		maps.Copy(claims, changes)
		return "Bearer " + issuer.Sign(t, claims)
	}
	stolen := jose.JSONWebKey{Key: another.Key().Key, KeyID: issuer.Key().KeyID}
	key := issuer.Key()
	der, err := x509.MarshalPKIXPublicKey(key.Public().Key)
	if err != nil {
		t.Fatal(err)
	}
	public := jose.JSONWebKey{Key: der, KeyID: issuer.Key().KeyID}
	claims := oidctest.Google(account, audience)
	good := with(nil)
	parts := strings.Split(good, ".")
	unsigned := "Bearer " + base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	now := time.Now()
	for name, tt := range map[string]struct {
		source, authorization string
		good                  bool
	}{
		"good":                   {"orders", good, true},
		"in small letters":       {"orders", "bearer " + strings.TrimPrefix(good, "Bearer "), true},
		"several audiences":      {"orders", with(map[string]any{"aud": []string{"x", audience}}), true},
		"another source":         {"other", with(map[string]any{"aud": "https://shop.example/api/pubsub/other"}), false},
		"another one's audience": {"other", with(map[string]any{"email": "other@project.example"}), false},
		"unknown source":         {"nobody", with(map[string]any{"aud": "https://shop.example/api/pubsub/nobody"}), false},
		"unknown source, nobody": {"nobody", with(map[string]any{"aud": "https://shop.example/api/pubsub/nobody", "email": ""}), false},
		"nothing":                {"orders", "", false},
		"no bearer":              {"orders", "Basic " + strings.TrimPrefix(good, "Bearer "), false},
		"no token":               {"orders", "Bearer ", false},
		"no JWT":                 {"orders", "Bearer x", false},
		"too long":               {"orders", "Bearer " + strings.Repeat("x", 9<<10), false},
		"another account":        {"orders", with(map[string]any{"email": "mallory@project.example"}), false},
		"another audience":       {"orders", with(map[string]any{"aud": "https://shop.example"}), false},
		"not verified":           {"orders", with(map[string]any{"email_verified": false}), false},
		"another issuer":         {"orders", with(map[string]any{"iss": "https://accounts.example"}), false},
		"expired":                {"orders", with(map[string]any{"exp": now.Add(-time.Minute).Unix()}), false},
		"old":                    {"orders", with(map[string]any{"iat": now.Add(-2 * time.Hour).Unix()}), false},
		"of the future":          {"orders", with(map[string]any{"nbf": now.Add(time.Hour).Unix()}), false},
		"another issuer's key":   {"orders", "Bearer " + another.Sign(t, claims), false},
		"a key of that name":     {"orders", "Bearer " + oidctest.SignWith(t, jose.SigningKey{Algorithm: jose.RS256, Key: stolen}, claims), false},
		"the public key as MAC":  {"orders", "Bearer " + oidctest.SignWith(t, jose.SigningKey{Algorithm: jose.HS256, Key: public}, claims), false},
		"unsigned":               {"orders", unsigned, false},
		"changed":                {"orders", parts[0] + "." + parts[1] + "x." + parts[2], false},
	} {
		err := sources.Admit(t.Context(), tt.source, tt.authorization)
		if (err == nil) != tt.good || err != nil && !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := issuer.Asked.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times, want once", n)
	}
}

// While Google's keys cannot be had, nobody is let in, and it is said that it is not for
// the token.
func TestNoKeys(t *testing.T) {
	t.Parallel()
	issuer := oidctest.New(t)
	token := issuer.Sign(t, oidctest.Google(account, audience))
	issuer.URL = "http://127.0.0.1:1"
	sources := open(t, issuer)
	for range 2 { // the second does not ask again, so soon
		if err := sources.Admit(t.Context(), "orders", "Bearer "+token); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
	}
}
