package betterauth_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/config"
)

const (
	kept     = "; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
	unkept   = "; Path=/; HttpOnly; SameSite=Lax"
	deleted  = "; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
	day      = 24 * time.Hour
	lifetime = 7 * day
)

// wasCleared reports whether an answer expires all cookies of a session, and sets
// no other.
func (a answer) wasCleared() bool {
	got := slices.Sorted(slices.Values(a.Header["Set-Cookie"]))
	return slices.Equal(got, []string{shortCookie + "=" + deleted, cacheCookie + "=" + deleted, tokenCookie + "=" + deleted})
}

// quiet fails the test unless an answer is of somebody else's session: null, and no
// cookies.
func (a answer) quiet(t *testing.T) {
	t.Helper()
	if a.StatusCode != http.StatusOK || a.body != "null" || a.Header["Set-Cookie"] != nil {
		t.Errorf("%d %q %s, want null and no cookies", a.StatusCode, a.Header["Set-Cookie"], a.body)
	}
}

func TestGetSession(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	a := s.get(s.session("token", time.Hour))
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Pragma") != "no-cache" || a.Header["Set-Cookie"] != nil {
		t.Errorf("the header is %v", a.Header)
	}
	var got struct{ Session, User map[string]any }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"token": "token", "id": "id of token", "userId": "ada", "ipAddress": "", "userAgent": "",
	} {
		if got.Session[name] != want {
			t.Errorf("session.%s is %v, want %v", name, got.Session[name], want)
		}
	}
	for name, want := range map[string]any{
		"id": "ada", "name": "Ada", "email": "ada@example.com", "emailVerified": true, "image": nil,
	} {
		if got.User[name] != want {
			t.Errorf("user.%s is %v, want %v", name, got.User[name], want)
		}
	}
	if len(got.Session) != 8 || len(got.User) != 7 {
		t.Errorf("there are other fields: %s", a.body)
	}
	for _, at := range []any{got.Session["expiresAt"], got.Session["createdAt"], got.User["updatedAt"]} {
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", at.(string)); err != nil || len(at.(string)) != 24 {
			t.Errorf("the time is %v", at)
		}
	}
}

// A cookie that we did not sign is nobody's, and is left alone.
func TestForgedCookies(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	good := s.session("token", 0)
	value := strings.TrimPrefix(good, tokenCookie+"=")
	token, signature, _ := strings.Cut(value, ".")
	forged := map[string]string{
		"no signature":          "token",
		"an empty one":          "token.",
		"an empty token":        "." + signature,
		"nothing":               "",
		"another secret":        sign(strings.Repeat("x", 32), "token"),
		"another token":         "other." + signature,
		"a truncated signature": value[:len(value)-6],
		"no padding":            strings.TrimSuffix(value, "%3D"),
		"a longer signature":    value + "%3D",
		"base64 for URLs":       token + "." + strings.NewReplacer("%2B", "-", "%2F", "_").Replace(signature) + "x",
		"another case":          strings.ToUpper(token) + "." + signature,
		"a zero byte":           token + "%00." + signature,
		"encoded twice":         strings.ReplaceAll(value, "%", "%25"),
		"a changed signature":   token + "." + flip(signature),
	}
	for name, value := range forged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.get(tokenCookie + "=" + value).quiet(t)
		})
	}
	for name, cookie := range map[string]string{
		"another name":    "session_token=" + value,
		"another prefix":  "__Secure-" + good,
		"another case":    strings.ToUpper(tokenCookie) + "=" + value,
		"another cookie":  shortCookie + "=" + value,
		"a bad one first": tokenCookie + "=x; " + good,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.get(cookie).quiet(t)
		})
	}
	for name, cookie := range map[string]string{
		"as it is":     good,
		"decoded":      tokenCookie + "=" + strings.NewReplacer("%2B", "+", "%2F", "/", "%3D", "=").Replace(value),
		"in quotes":    tokenCookie + `="` + value + `"`,
		"lower case":   tokenCookie + "=" + strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(value, "%2B", "%2b"), "%2F", "%2f"), "%3D", "%3d"),
		"among others": "a=b;c; " + good + ";" + tokenCookie + "=x",
	} {
		t.Run("good "+name, func(t *testing.T) {
			t.Parallel()
			if email, _ := s.get(cookie).user(t); email != "ada@example.com" {
				t.Errorf("%s is not accepted", cookie)
			}
		})
	}
}

// flip changes the first character of a signature.
func flip(signature string) string {
	if signature[0] == 'A' {
		return "B" + signature[1:]
	}
	return "A" + signature[1:]
}

// A session that has ended leaves no cookies behind.
func TestEndedSessions(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	expired := s.session("expired", lifetime+time.Second)
	gone := tokenCookie + "=" + sign(secret, "gone")
	for _, cookie := range []string{gone, expired} {
		if a := s.get(cookie); a.body != "null" || !a.wasCleared() {
			t.Errorf("%s: %q %s", cookie, a.Header["Set-Cookie"], a.body)
		}
	}
	if _, ok := s.expiry("expired"); ok {
		t.Error("an expired session is kept")
	}
	a := s.send("POST", "/api/auth/revoke-sessions", "", "Cookie", gone, "Origin", shop)
	if a.code() != "UNAUTHORIZED" || !a.wasCleared() {
		t.Errorf("a closed route: %q %s", a.Header["Set-Cookie"], a.body)
	}
	deletedUser := s.session("token", 0)
	s.exec(`DELETE FROM "user"`)
	if a := s.get(deletedUser); a.body != "null" || !a.wasCleared() {
		t.Errorf("of a deleted user: %q %s", a.Header["Set-Cookie"], a.body)
	}
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		age     time.Duration // since the last renewal
		cookie  string
		query   string
		renewed bool
	}{
		"young":                     {day - time.Minute, "", "", false},
		"a day old":                 {day + time.Second, "", "", true},
		"about to end":              {lifetime - time.Minute, "", "", true},
		"not to be remembered":      {2 * day, shortCookie + "=" + sign(secret, "true"), "", false},
		"a forged dont_remember":    {2 * day, shortCookie + "=true", "", true},
		"not asked for":             {2 * day, "", "?disableRefresh=true", false},
		"any value does":            {2 * day, "", "?disableRefresh=false", false},
		"an empty one does not":     {2 * day, "", "?disableRefresh=", true},
		"a cache that is not there": {2 * day, "", "?disableCookieCache=1", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, nil)
			cookie := s.session("token", test.age)
			before, _ := s.expiry("token")
			a := s.send("GET", "/api/auth/get-session"+test.query, "", "Cookie", cookie+"; "+test.cookie)
			if email, token := a.user(t); email == "" || token != "token" {
				t.Fatalf("the answer is %s", a.body)
			}
			after, _ := s.expiry("token")
			if renewed := after.After(before); renewed != test.renewed {
				t.Errorf("the end was %v and is %v", before, after)
			}
			if got := a.cookie(tokenCookie); (got == sign(secret, "token")+kept) != test.renewed {
				t.Errorf("the cookie is %q", got)
			}
			if test.renewed && !strings.Contains(a.body, after.UTC().Format("2006-01-02T15:04:05.000Z")) {
				t.Errorf("the answer is of before: %s", a.body)
			}
			if renewed := time.Until(after); test.renewed && (renewed > lifetime || renewed < lifetime-time.Hour) {
				t.Errorf("it ends in %v", renewed)
			}
		})
	}
}

// Renewing does not make a session fresh.
func TestRenewedIsNotFresh(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("token", 2*day)
	s.get(cookie)
	if a := s.send("GET", "/api/auth/list-sessions", "", "Cookie", cookie); a.code() != "SESSION_NOT_FRESH" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestSecureCookies(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { c.SecureCookies = config.On })
	plain := s.session("token", 2*day)
	s.get(plain).quiet(t) // under http it was another cookie
	a := s.get("__Secure-" + plain)
	want := sign(secret, "token") + "; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"
	if got := a.cookie("__Secure-" + tokenCookie); got != want || len(a.Header["Set-Cookie"]) != 1 {
		t.Errorf("the cookies are %q, want %q", a.Header["Set-Cookie"], want)
	}
	a = s.send("POST", "/api/auth/sign-out", "", "Cookie", "__Secure-"+plain, "Origin", shop)
	for _, name := range []string{tokenCookie, cacheCookie, shortCookie} {
		if got := a.cookie("__Secure-" + name); got != "; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax" {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// Both secrets are accepted, the first signs.
func TestTwoSecrets(t *testing.T) {
	t.Parallel()
	next := strings.Repeat("new-", 8)
	s := start(t, func(c *config.Auth) { c.Secrets = config.SecretList{config.Secret(next), secret}; c.Secret = "" })
	a := s.get(s.session("token", 2*day))
	if got := a.cookie(tokenCookie); got != sign(next, "token")+kept {
		t.Fatalf("the cookie is %q", got)
	}
	if email, _ := s.get(a.sent(tokenCookie)).user(t); email != "ada@example.com" {
		t.Error("the new cookie is not accepted")
	}
}

// What a request brings never becomes a session: neither a cookie from outside nor
// somebody else's session.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	planted := sign(secret, "planted")
	for _, cookie := range []string{tokenCookie + "=" + planted, s.session("mallory", 0)} {
		a := s.send("POST", "/api/auth/sign-up/email", `{"name":"Eve","email":"`+seal.ID()+`@example.com","password":"password123"}`,
			"Cookie", cookie, "Origin", shop)
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		if sent := a.sent(tokenCookie); sent == cookie || sent == tokenCookie+"=" {
			t.Errorf("signing up left %s", sent)
		}
	}
	if _, ok := s.expiry("planted"); ok {
		t.Error("a planted token has become a session")
	}
	if email, _ := s.get(tokenCookie + "=" + sign(secret, "mallory")).user(t); email != "ada@example.com" {
		t.Errorf("the other session is now %q's", email)
	}
}

func TestRemembered(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	const body = `{"name":"Eve","email":"eve@example.com","password":"password123"`
	a := s.send("POST", "/api/auth/sign-up/email", body+`,"rememberMe":false}`)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if got := a.cookie(tokenCookie); !strings.HasSuffix(got, unkept) || strings.Contains(got, "Max-Age") {
		t.Errorf("session_token is %q", got)
	}
	if got := a.cookie(shortCookie); got != sign(secret, "true")+unkept {
		t.Errorf("dont_remember is %q", got)
	}
	_, token := s.get(a.sent(tokenCookie), a.sent(shortCookie)).user(t)
	if at, _ := s.expiry(token); time.Until(at) > day {
		t.Errorf("it ends at %v", at)
	}
	s.get(a.sent(tokenCookie)) // its dont_remember is lost
	if at, _ := s.expiry(token); time.Until(at) <= day {
		t.Errorf("it ends at %v, though nothing says that it is not to be remembered", at)
	}
	again := s.send("POST", "/api/auth/sign-in/email", `{"email":"eve@example.com","password":"password123"}`,
		"Cookie", a.sent(tokenCookie)+"; "+a.sent(shortCookie), "Origin", shop)
	if got := again.cookie(shortCookie); got != deleted {
		t.Errorf("dont_remember of a session that is to be remembered: %q", got)
	}
	if got := again.cookie(tokenCookie); !strings.HasSuffix(got, kept) {
		t.Errorf("session_token is %q", got)
	}
}

func TestAgentThatIsNoText(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	a := s.send("POST", "/api/auth/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"password123"}`,
		"User-Agent", "caf\xe9 \xff", "X-Forwarded-For", "2001:db8::1")
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	var agent, ip string
	if err := s.db.QueryRow(t.Context(), `SELECT "userAgent", "ipAddress" FROM session`).Scan(&agent, &ip); err != nil {
		t.Fatal(err)
	}
	if agent != "café ÿ" || ip != "2001:0db8:0000:0000:0000:0000:0000:0000" {
		t.Errorf("stored: %q from %q", agent, ip)
	}
}
