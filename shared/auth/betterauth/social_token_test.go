package betterauth_test

import (
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func (b *browser) idToken(token string, more fields) answer {
	b.t.Helper()
	id := fields{"token": token}
	maps.Copy(id, more)
	return b.post("/sign-in/social", fields{"provider": "google", "idToken": id})
}

func TestIDToken(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t)
	b := s.browser()
	a := b.idToken(p.idToken(nil), fields{"accessToken": "a", "refreshToken": "r"})
	got := a.object(t)
	user, _ := got["user"].(map[string]any)
	if a.StatusCode != http.StatusOK || got["redirect"] != false || got["token"] == "" || user["email"] != "ada@example.com" || user["emailVerified"] != true {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if _, ok := got["url"]; ok || a.Header.Get("Location") != "" {
		t.Errorf("it leads elsewhere: %s", a.body)
	}
	same(t, "who is signed in", b.who(), "ada@example.com")
	accounts := s.linked()
	if len(accounts) != 1 || *accounts[0].Access != "a" || accounts[0].Refresh != nil || accounts[0].Scope != nil || *accounts[0].IDToken == "" {
		t.Errorf("the accounts are %+v", accounts)
	}

	now := time.Now().Unix()
	for name, change := range map[string]map[string]any{
		"the other issuer":    {"iss": "accounts.google.com"},
		"for others as well":  {"aud": []string{"x", clientID}},
		"just expired":        {"exp": now - 20},
		"from a fast clock":   {"iat": now + 20},
		"almost an hour old":  {"iat": now - 3590},
		"a nonce not asked":   {"nonce": "x"},
		"a verified as text":  {"email_verified": "true"},
		"more than we know":   {"hd": "example.com", "azp": "x"},
		"good from now on":    {"nbf": now},
		"a name of any other": {"name": nil, "picture": nil},
	} {
		if a := s.browser().idToken(p.idToken(change), nil); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	if a := s.browser().idToken(p.idToken(fields{"nonce": "n"}), fields{"nonce": "n"}); a.StatusCode != http.StatusOK {
		t.Errorf("the nonce: %d %s", a.StatusCode, a.body)
	}
	same(t, "users", s.count(`SELECT count(*) FROM "user"`), 1)
	same(t, "how often the keys were fetched", p.asked("/google/certs"), 1)
}

func TestIDTokenRefused(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t)
	now := time.Now().Unix()
	another, err := rsa.GenerateKey(cryptorand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(p.key().Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	claims, err := json.Marshal(p.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	none := encode([]byte(`{"alg":"none","typ":"JWT","kid":"`+keyID+`"}`)) + "." + encode(claims) + "."
	good := p.idToken(nil)
	tokens := map[string]string{
		"no token":                    "x",
		"nothing":                     "",
		"alg none":                    none,
		"alg none, with a signature":  none + good[strings.LastIndex(good, ".")+1:],
		"HS256 with the public key":   signed(t, jose.HS256, public, keyID, p.claims(nil)),
		"HS256 with its DER":          signed(t, jose.HS256, der, keyID, p.claims(nil)),
		"PS256":                       signed(t, jose.PS256, p.key(), keyID, p.claims(nil)),
		"RS512":                       signed(t, jose.RS512, p.key(), keyID, p.claims(nil)),
		"another's key":               signed(t, jose.RS256, another, keyID, p.claims(nil)),
		"another's key, by itself":    signed(t, jose.RS256, jose.JSONWebKey{Key: another, KeyID: keyID}, keyID, p.claims(nil)),
		"an unknown key":              signed(t, jose.RS256, another, "key 2", p.claims(nil)),
		"a changed signature":         good[:len(good)-8] + "AAAAAAAA",
		"claims of another token":     encode([]byte(`{"alg":"RS256","kid":"`+keyID+`"}`)) + "." + encode(claims) + "." + good[strings.LastIndex(good, ".")+1:],
		"another audience":            p.idToken(fields{"aud": "another client"}),
		"no audience":                 p.idToken(fields{"aud": nil}),
		"another issuer":              p.idToken(fields{"iss": "https://accounts.google.com.evil.example"}),
		"no issuer":                   p.idToken(fields{"iss": nil}),
		"expired":                     p.idToken(fields{"exp": now - 40}),
		"without an end":              p.idToken(fields{"exp": nil}),
		"too old":                     p.idToken(fields{"iat": now - 3700}),
		"from the future":             p.idToken(fields{"iat": now + 100}),
		"of no time":                  p.idToken(fields{"iat": nil}),
		"not good yet":                p.idToken(fields{"nbf": now + 100}),
		"of nobody":                   p.idToken(fields{"sub": nil}),
		"times that are no numbers":   p.idToken(fields{"exp": "tomorrow"}),
		"an audience of another kind": p.idToken(fields{"aud": 1}),
	}
	for name, token := range tokens {
		b := s.browser()
		b.idToken(token, nil).refused(t, name, 401, "INVALID_TOKEN")
		same(t, name+": who is signed in", b.who(), "")
	}
	s.browser().idToken(p.idToken(nil), fields{"nonce": "n"}).refused(t, "no nonce", 401, "INVALID_TOKEN")
	s.browser().idToken(p.idToken(fields{"nonce": "m"}), fields{"nonce": "n"}).refused(t, "another nonce", 401, "INVALID_TOKEN")
	s.browser().idToken(p.idToken(fields{"email": nil}), nil).refused(t, "no address", 401, "USER_EMAIL_NOT_FOUND")
	same(t, "users", s.count(`SELECT count(*) FROM "user"`), 0)

	s.addUser("local", "ada@example.com", false)
	a := s.browser().idToken(p.idToken(nil), nil)
	a.refused(t, "a known address", 401, "OAUTH_LINK_ERROR")
	same(t, "its message", a.object(t)["message"], "account not linked")
}

func TestIDTokenKeys(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t)
	for range 5 {
		s.browser().idToken(signed(t, jose.RS256, p.key(), "made up", p.claims(nil)), nil).refused(t, "an unknown key", 401, "INVALID_TOKEN")
	}
	same(t, "how often the keys were fetched for keys that do not exist", p.asked("/google/certs"), 1)
	if a := s.browser().idToken(p.idToken(nil), nil); a.StatusCode != http.StatusOK {
		t.Errorf("a known key after that: %d %s", a.StatusCode, a.body)
	}

	for name, serve := range map[string]http.HandlerFunc{
		"dead": dead, "html": html, "endless": endless, "none": says(`{"keys":[]}`), "no keys": says(`{"keys":[{"kty":"oct","k":"AA","kid":"key 1"}]}`),
	} {
		s, p := startSocial(t)
		p.answers("/google/certs", serve)
		s.browser().idToken(p.idToken(nil), nil).refused(t, name, 401, "INVALID_TOKEN")
	}
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	b := s.browser()
	b.begin("github", fields{"scopes": []string{"repo"}}).finish().leads(t, "signing in", "/home?a=b")
	first := s.linked()[0]
	this := fields{"accountId": first.ID}

	got := b.post("/get-access-token", this).object(t)
	same(t, "the scopes", got["scopes"], []any{"read:user", "user:email", "repo"})
	same(t, "the token", got["accessToken"], *first.Access)
	same(t, "the end", got["accessTokenExpiresAt"], first.AccessTokenExpiresAt.UTC().Format("2006-01-02T15:04:05.000Z"))
	same(t, "the id token", got["idToken"], *first.IDToken)

	s.exec(`UPDATE account SET "accessTokenExpiresAt" = now() + interval '4 seconds'`)
	got = b.post("/get-access-token", this).object(t)
	second := s.linked()[0]
	if got["accessToken"] != *second.Access || *second.Access == *first.Access || *second.Refresh == *first.Refresh {
		t.Errorf("got %v, stored %+v", got, second)
	}
	same(t, "the scope stays", *second.Scope, *first.Scope)

	got = b.post("/refresh-token", this).object(t)
	third := s.linked()[0]
	if got["accessToken"] != *third.Access || got["refreshToken"] != *third.Refresh || *third.Access == *second.Access ||
		got["providerId"] != "github" || got["accountId"] != first.ID || got["scope"] != *first.Scope || got["idToken"] != *third.IDToken {
		t.Errorf("got %v, stored %+v", got, third)
	}

	s.exec(`UPDATE account SET "refreshToken" = 'spent'`)
	b.post("/refresh-token", this).refused(t, "a refresh token that was spent", 400, "FAILED_TO_REFRESH_ACCESS_TOKEN")
	s.exec(`UPDATE account SET "accessTokenExpiresAt" = now()`)
	b.post("/get-access-token", this).refused(t, "a refresh token that was spent", 400, "FAILED_TO_GET_ACCESS_TOKEN")
	same(t, "the token after that", *s.linked()[0].Access, *third.Access)
	s.exec(`UPDATE account SET "refreshToken" = NULL, "idToken" = NULL`)
	b.post("/refresh-token", this).refused(t, "no refresh token", 400, "REFRESH_TOKEN_NOT_FOUND")
	same(t, "an old token", b.post("/get-access-token", this).object(t)["accessToken"], *third.Access)
}

func TestAccountRefused(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	b := s.browser()
	b.begin("github", nil).finish().leads(t, "signing in", "/home?a=b")
	id := s.linked()[0].ID
	eve := s.signUp("eve@example.com")
	password := s.text(`SELECT id FROM account WHERE "providerId" = 'credential'`)
	for _, route := range []string{"/get-access-token", "/refresh-token"} {
		if a := s.browser().post(route, fields{"accountId": id}); a.StatusCode != http.StatusUnauthorized || a.body != "" {
			t.Errorf("%s, signed out: %d %s", route, a.StatusCode, a.body)
		}
		eve.post(route, fields{"accountId": id, "userId": "x"}).refused(t, "another's", 400, "ACCOUNT_NOT_FOUND")
		eve.post(route, fields{"accountId": password}).refused(t, "a password", 400, "PROVIDER_NOT_SUPPORTED")
		b.post(route, fields{"accountId": id, "providerId": "github"}).refused(t, "another key", 400, "VALIDATION_ERROR")
		b.post(route, fields{}).refused(t, "none", 400, "VALIDATION_ERROR")
	}
	if a := s.browser().do("GET", "/account-info?accountId="+id, nil); a.StatusCode != http.StatusUnauthorized || a.body != "" {
		t.Errorf("signed out: %d %s", a.StatusCode, a.body)
	}
	eve.do("GET", "/account-info?accountId="+id, nil).refused(t, "another's", 400, "ACCOUNT_NOT_FOUND")
	eve.do("GET", "/account-info?accountId="+password, nil).refused(t, "a password", 400, "PROVIDER_NOT_CONFIGURED")
	b.do("GET", "/account-info", nil).refused(t, "none", 400, "VALIDATION_ERROR")
}

func TestAccountInfo(t *testing.T) {
	t.Parallel()
	for provider, own := range map[string]string{"github": "bio", "google": "sub"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			s, p := startSocial(t)
			b := s.browser()
			b.begin(provider, nil).finish().leads(t, "signing in", "/home?a=b")
			id := s.linked()[0].ID
			got := b.do("GET", "/account-info?accountId="+id, nil).object(t)
			same(t, "the user", got["user"], map[string]any{
				"name": "Ada", "email": "Ada@Example.com", "emailVerified": true, "image": "https://pictures.example/7",
			})
			same(t, "the account", got["account"], map[string]any{"id": id, "providerId": provider, "accountId": "7"})
			if data, _ := got["data"].(map[string]any); data[own] == nil || data["email"] != "Ada@Example.com" {
				t.Errorf("the data are %v", got["data"])
			}
			p.answers("/api/user", broken)
			s.exec(`UPDATE account SET "idToken" = NULL`)
			b.do("GET", "/account-info?accountId="+id, nil).refused(t, "the provider fails", 401, "FAILED_TO_GET_USER_INFO")
			s.exec(`UPDATE account SET "accessToken" = NULL`)
			b.do("GET", "/account-info?accountId="+id, nil).refused(t, "no token", 400, "ACCESS_TOKEN_NOT_FOUND")
		})
	}
}
