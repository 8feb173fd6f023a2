package betterauth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
)

// makeJWT makes a token by hand: with any header, and claims that are good for life.
func makeJWT(header, secret string, claims fields, life time.Duration) string {
	f := fields{"iat": time.Now().Unix(), "exp": time.Now().Add(life).Unix()}
	maps.Copy(f, claims)
	payload, _ := json.Marshal(f) // text and numbers
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(secret))
	switch {
	case strings.Contains(header, "HS512"):
		mac = hmac.New(sha512.New, []byte(secret))
	case strings.Contains(header, "none"):
		return signed + "."
	}
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256"}`

const verifiedNull = `{"status":true,"user":null}`

// verified says whether an address is.
func (s *server) verified(email string) bool {
	s.t.Helper()
	return s.count(`SELECT count(*) FROM "user" WHERE email = $1 AND "emailVerified"`, email) == 1
}

func TestVerifyEmail(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	b := s.signUp("ada@example.com")
	b.post("/send-verification-email", fields{"email": "ADA@example.com", "callbackURL": "/in?a=b#c"}).says(t, "send", statusTrue)
	m := s.mail("ada@example.com", 1)
	if want := shop + "/api/auth/verify-email?token=" + m.token + "&callbackURL=%2Fin%3Fa%3Db%23c"; m.url != want {
		t.Errorf("the link is %s, want %s", m.url, want)
	}
	if s.verified("ada@example.com") {
		t.Fatal("verified before the link was opened")
	}
	nobody := s.browser()
	a := nobody.open(m.url)
	a.leads(t, "the link", "/in?a=b#c")
	if !s.verified("ada@example.com") || len(a.Header["Set-Cookie"]) > 0 {
		t.Errorf("not verified, or signed in: %v", a.Header)
	}
	nobody.open(m.url).leads(t, "again", "/in?a=b#c")
	nobody.do("GET", "/verify-email?token="+m.token, nil).says(t, "without a callback", verifiedNull)
	b.post("/send-verification-email", fields{"email": "ada@example.com"}).refused(t, "verified", 400, "EMAIL_ALREADY_VERIFIED")
	b.post("/send-verification-email", fields{"email": "bob@example.com"}).refused(t, "another", 400, "EMAIL_MISMATCH")
	b.post("/send-verification-email", fields{"email": "bob"}).refused(t, "no address", 400, "VALIDATION_ERROR")
	s.mail("ada@example.com", 1)
}

func TestSendVerificationDoesNotTell(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	s.signUp("ada@example.com")
	s.signUp("bob@example.com")
	s.exec(`UPDATE "user" SET "emailVerified" = true WHERE email = 'bob@example.com'`)
	for _, email := range []string{"Ada@example.com", "bob@example.com", "nobody@example.com"} {
		began := time.Now()
		s.browser().post("/send-verification-email", fields{"email": email}).says(t, email, statusTrue)
		if took := time.Since(began); took < 500*time.Millisecond {
			t.Errorf("%s: answered after %s", email, took)
		}
	}
	same(t, "mails", s.count(`SELECT count(*) FROM mail`), 1)
	if m := s.mail("ada@example.com", 1); !strings.HasSuffix(m.url, "&callbackURL=%2F") {
		t.Errorf("the link is %s", m.url)
	}
}

func TestSendVerificationWithoutMail(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.browser().post("/send-verification-email", fields{"email": "ada@example.com"}).refused(t, "off", 400, "VERIFICATION_EMAIL_NOT_ENABLED")
}

func TestVerifyEmailRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	s.signUp("ada@example.com")
	s.signUp("bob@example.com")
	id := s.text(`SELECT id FROM "user" WHERE email = 'ada@example.com'`)
	claims := fields{"email": "ada@example.com", "userId": id}
	good := makeJWT(hs256, secret, claims, time.Hour)
	head, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	for name, test := range map[string]struct{ token, code string }{
		"garbage":          {"a.b.c", "INVALID_TOKEN"},
		"empty":            {"", "INVALID_TOKEN"},
		"expired":          {makeJWT(hs256, secret, claims, -time.Second), "TOKEN_EXPIRED"},
		"another secret":   {makeJWT(hs256, strings.ToUpper(secret), claims, time.Hour), "INVALID_TOKEN"},
		"alg none":         {makeJWT(`{"alg":"none"}`, secret, claims, time.Hour), "INVALID_TOKEN"},
		"alg None, signed": {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"None"}`)) + "." + payload + "." + signature, "INVALID_TOKEN"},
		"alg HS512":        {makeJWT(`{"alg":"HS512"}`, secret, claims, time.Hour), "INVALID_TOKEN"},
		"alg RS256":        {makeJWT(`{"alg":"RS256"}`, secret, claims, time.Hour), "INVALID_TOKEN"},
		"two algs":         {makeJWT(`{"alg":"HS256","alg":"none"}`, secret, claims, time.Hour), "INVALID_TOKEN"},
		"critical header":  {makeJWT(`{"alg":"HS256","crit":["x"],"x":1}`, secret, claims, time.Hour), "INVALID_TOKEN"},
		"no signature":     {head + "." + payload + ".", "INVALID_TOKEN"},
		"other payload":    {head + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"email":"bob@example.com"}`)) + "." + signature, "INVALID_TOKEN"},
		"padded":           {good + "=", "INVALID_TOKEN"},
		"somebody else's":  {makeJWT(hs256, secret, fields{"email": "ada@example.com", "userId": "other"}, time.Hour), "INVALID_TOKEN"},
		"unknown address":  {makeJWT(hs256, secret, fields{"email": "nobody@example.com", "userId": id}, time.Hour), "USER_NOT_FOUND"},
		"a session's":      {strings.Repeat("x", 32), "INVALID_TOKEN"},
		"long":             {strings.Repeat("x", 100_000), "INVALID_TOKEN"},
	} {
		s.send("GET", "/api/auth/verify-email"+query("token", test.token), "").refused(t, name, http.StatusUnauthorized, test.code)
		s.send("GET", "/api/auth/verify-email"+query("token", test.token, "callbackURL", "/x?a=b#y"), "").
			leads(t, name, "/x?a=b&error="+test.code+"#y")
	}
	if s.verified("ada@example.com") || s.verified("bob@example.com") {
		t.Error("an address was verified")
	}
	s.send("GET", "/api/auth/verify-email", "").refused(t, "no token", 400, "VALIDATION_ERROR")
	s.send("GET", "/api/auth/verify-email?token=a&token=b", "").refused(t, "two tokens", 400, "VALIDATION_ERROR")
	s.send("GET", "/api/auth/verify-email?token=a&callbackURL=//evil.example", "").refused(t, "elsewhere", 403, "INVALID_CALLBACK_URL")

	s.send("GET", "/api/auth/verify-email?token="+makeJWT(`{"alg":"HS256","typ":"JWT"}`, secret, fields{"email": "ada@example.com"}, time.Hour), "").
		says(t, "an old token, without a user", verifiedNull)
	s.send("GET", "/api/auth/verify-email?token="+makeJWT(hs256, secret, fields{"email": "Bob@example.com"}, time.Hour), "").
		says(t, "a token of Node's", verifiedNull)
}

func TestSignInAfterVerification(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { requireVerified(c); c.SignInAfterVerification = true })
	s.browser().post("/sign-up/email", fields{"name": "Ada", "email": "ada@example.com", "password": passphrase})
	link := s.mail("ada@example.com", 1).url
	counts := atOnce(6, func(int) answer {
		a := s.browser().open(link)
		if a.cookie(tokenCookie) != "" {
			a.StatusCode = 0 // counted apart: this one signed in
		}
		return a
	})
	same(t, "at once", counts, map[string]int{"0": 1, "302": 5})
	same(t, "sessions", s.count(`SELECT count(*) FROM session`), 1)

	s.exec(`UPDATE "user" SET "emailVerified" = false`)
	b := s.browser()
	b.open(link).leads(t, "the link", "/")
	if b.who() != "ada@example.com" {
		t.Error("not signed in")
	}
	s.exec(`UPDATE "user" SET "emailVerified" = false`)
	a := b.open(link)
	if a.cookie(tokenCookie) == "" || b.who() != "ada@example.com" {
		t.Errorf("signed in already: %v", a.Header)
	}
	same(t, "sessions", s.count(`SELECT count(*) FROM session`), 2)
}
