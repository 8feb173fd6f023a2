package betterauth_test

import (
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"switchyard/shared/config"
)

const (
	clientID     = "the client"
	clientSecret = "the client's secret & more"
	keyID        = "key 1"
)

// someone is who sits in front of a provider.
type someone struct {
	id       int64
	name     string
	email    string
	verified bool
}

func ada() someone { return someone{7, "Ada", "Ada@Example.com", true} }

// provider is an OAuth 2.0 server that looks like GitHub and like Google. Whoever
// comes by agrees.
type provider struct {
	*httptest.Server

	t   testing.TB
	key func() *rsa.PrivateKey

	mu      sync.Mutex
	who     someone
	granted map[string]url.Values // by code: what was asked for; once
	fresh   map[string]bool       // refresh tokens that were not used yet
	access  map[string]someone
	count   map[string]int // requests by path
	instead map[string]http.HandlerFunc
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	p := &provider{
		t: t, who: ada(), granted: map[string]url.Values{}, fresh: map[string]bool{}, access: map[string]someone{},
		count: map[string]int{}, instead: map[string]http.HandlerFunc{},
		key: sync.OnceValue(func() *rsa.PrivateKey {
			key, err := rsa.GenerateKey(cryptorand.Reader, 2048)
			if err != nil {
				t.Error(err)
			}
			return key
		}),
	}
	routes := map[string]http.HandlerFunc{
		"GET /github/login/oauth/authorize":     p.authorize,
		"POST /github/login/oauth/access_token": p.token,
		"GET /api/user":                         p.user,
		"GET /api/user/emails":                  p.emails,
		"GET /google/auth":                      p.authorize,
		"POST /google/token":                    p.token,
		"GET /google/certs":                     p.certs,
	}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.count[r.URL.Path]++
		serve, ok := p.instead[r.URL.Path]
		p.mu.Unlock()
		if !ok {
			serve, ok = routes[r.Method+" "+r.URL.Path]
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		serve(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// settings make a server use p as both of its providers.
func (p *provider) settings(c *config.Auth) {
	at := func(path string) (u config.URL) {
		if err := u.UnmarshalText([]byte(p.URL + path)); err != nil {
			p.t.Error(err)
		}
		return u
	}
	c.Social = config.Social{
		GitHubID: clientID, GitHubSecret: clientSecret, GitHubURL: at("/github"), GitHubAPI: at("/api"),
		GoogleID: clientID, GoogleSecret: clientSecret,
		GoogleAuth: at("/google/auth"), GoogleToken: at("/google/token"), GoogleKeys: at("/google/certs"),
	}
}

// is lets somebody else sit in front of it.
func (p *provider) is(who someone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who = who
}

// answers lets a path be answered in another way.
func (p *provider) answers(path string, serve http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instead[path] = serve
}

// asked returns how often a path was asked for.
func (p *provider) asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count[path]
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != clientID || q.Get("response_type") != "code" || q.Get("state") == "" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 ||
		!strings.HasPrefix(q.Get("redirect_uri"), shop+"/api/auth/callback/") {
		http.Error(w, "a malformed request: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	code := cryptorand.Text()
	p.mu.Lock()
	p.granted[code] = q
	p.mu.Unlock()
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Accept") != "application/json" || r.FormValue("client_id") != clientID ||
		r.FormValue("client_secret") != clientSecret || r.URL.RawQuery != "" {
		deny(w, "invalid_client")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.FormValue("grant_type") {
	case "authorization_code":
		asked, ok := p.granted[r.FormValue("code")]
		delete(p.granted, r.FormValue("code"))
		challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if !ok || r.FormValue("redirect_uri") != asked.Get("redirect_uri") ||
			base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") {
			deny(w, "invalid_grant")
			return
		}
		p.grant(w, asked.Get("scope"))
	case "refresh_token":
		if !p.fresh[r.FormValue("refresh_token")] {
			deny(w, "invalid_grant")
			return
		}
		p.fresh[r.FormValue("refresh_token")] = false
		p.grant(w, "less")
	default:
		deny(w, "unsupported_grant_type")
	}
}

func deny(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"error":%q}`, code)
}

// grant answers with new tokens for who is there.
func (p *provider) grant(w http.ResponseWriter, scope string) {
	access, refresh := "access "+cryptorand.Text(), "refresh "+cryptorand.Text()
	p.access[access], p.fresh[refresh] = p.who, true
	answer := map[string]any{
		"access_token": access, "refresh_token": refresh, "token_type": "bearer",
		"scope": scope, "expires_in": 3600, "refresh_token_expires_in": 7200,
		"id_token": p.idToken(nil),
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *provider) user(w http.ResponseWriter, r *http.Request) {
	if who, ok := p.bearer(w, r); ok {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"id": who.id, "login": "login", "name": who.name, "email": nil, "avatar_url": "https://pictures.example/7", "bio": "Hm.",
		})
	}
}

func (p *provider) emails(w http.ResponseWriter, r *http.Request) {
	if who, ok := p.bearer(w, r); ok {
		_ = json.NewEncoder(w).Encode([]map[string]any{
			{"email": "other@example.com", "primary": false, "verified": true},
			{"email": who.email, "primary": true, "verified": who.verified},
		})
	}
}

func (p *provider) bearer(w http.ResponseWriter, r *http.Request) (someone, bool) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	who, ok := p.access[token]
	p.mu.Unlock()
	if !ok || r.Header.Get("User-Agent") == "" {
		http.Error(w, `{"message":"Bad credentials"}`, http.StatusUnauthorized)
		return who, false
	}
	return who, true
}

func (p *provider) certs(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: p.key().Public(), KeyID: keyID, Algorithm: "RS256", Use: "sig"},
	}})
}

// idToken returns an id token for who is there. change replaces claims; nil removes
// one.
func (p *provider) idToken(change map[string]any) string {
	return signed(p.t, jose.RS256, p.key(), keyID, p.claims(change))
}

func (p *provider) claims(change map[string]any) map[string]any {
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": "https://accounts.google.com", "aud": clientID, "sub": fmt.Sprint(p.who.id), "iat": now, "exp": now + 3600,
		"email": p.who.email, "email_verified": p.who.verified, "name": p.who.name, "picture": "https://pictures.example/7",
	}
	for name, value := range change {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

func signed(t testing.TB, algorithm jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", id)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Error(err)
		return ""
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Error(err)
	}
	return token
}
