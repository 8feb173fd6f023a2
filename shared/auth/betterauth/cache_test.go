package betterauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
)

// seals returns a cookie session_data of Ada's session.
func seals(token string, good, life time.Duration) string {
	now := time.Now().UTC()
	return cacheCookie + "=" + seal.NewKeyring(secret).SealSession(seal.Cached{
		Session:   auth.Session{ID: "id", Token: token, UserID: "ada", ExpiresAt: now.Add(life), CreatedAt: now, UpdatedAt: now},
		User:      auth.User{ID: "ada", Name: "Cached", Email: "cached@example.com", CreatedAt: now, UpdatedAt: now},
		UpdatedAt: now,
		ExpiresAt: now.Add(good),
	})
}

// The cookie is as good as the database, which is not there any more.
func TestCacheSavesTheDatabase(t *testing.T) {
	t.Parallel()
	s := start(t, cached)
	cookie := s.session("token", time.Hour)
	first := s.get(cookie)
	if got := first.cookie(cacheCookie); !strings.HasSuffix(got, "; Max-Age=300; Path=/; HttpOnly; SameSite=Lax") {
		t.Fatalf("session_data is %q", got)
	}
	if first.cookie(tokenCookie) != "" {
		t.Error("session_token is written again")
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	again := s.get(cookie, first.sent(cacheCookie))
	if again.body != first.body || again.Header["Set-Cookie"] != nil {
		t.Errorf("%q\n%s\nwant\n%s", again.Header["Set-Cookie"], again.body, first.body)
	}
	if a := s.get(cookie); a.StatusCode != http.StatusInternalServerError {
		t.Errorf("without session_data: %d %s", a.StatusCode, a.body)
	}
	a := s.send("GET", "/api/auth/list-sessions", "", "Cookie", cookie+"; "+first.sent(cacheCookie))
	if a.StatusCode != http.StatusInternalServerError { // the guard is content, and then the list is asked for
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestCacheThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := start(t, cached)
	cookie := s.session("token", time.Hour)
	s.session("other", time.Hour)
	good := seals("token", time.Minute, day)
	if email, _ := s.get(cookie, good).user(t); email != "cached@example.com" {
		t.Fatalf("a good one is not used: %s", email)
	}
	for name, bad := range map[string]string{
		"forged":                 good[:len(good)-2] + "AA",
		"no base64":              cacheCookie + "=%%%",
		"truncated":              good[:len(good)/2],
		"of another session":     seals("other", time.Minute, day),
		"too old":                seals("token", -time.Second, day),
		"of one that has ended":  seals("token", time.Minute, -time.Second),
		"a chunk with a hole":    cacheCookie + ".1=" + strings.TrimPrefix(good, cacheCookie+"=")[10:],
		"a chunk with odd digit": cacheCookie + ".00=" + strings.TrimPrefix(good, cacheCookie+"="),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.get(cookie, bad)
			if email, token := a.user(t); email != "ada@example.com" || token != "token" {
				t.Errorf("the answer is %s", a.body)
			}
			if got := a.cookie(cacheCookie); got == "" || got == deleted {
				t.Errorf("session_data is not written again: %q", a.Header["Set-Cookie"])
			}
		})
	}
	s.get(good).quiet(t)
	s.get(tokenCookie+"="+sign("x", "token"), good).quiet(t)
	if email, _ := s.send("GET", "/api/auth/get-session?disableCookieCache=1", "", "Cookie", cookie+"; "+good).user(t); email != "ada@example.com" {
		t.Error("disableCookieCache is not obeyed")
	}
}

// A session that was revoked elsewhere lives on in the cookie until it is too old,
// but not for what is sensitive.
func TestCacheOfRevokedSession(t *testing.T) {
	t.Parallel()
	s := start(t, cached)
	cookie := s.session("token", 0) + "; " + seals("token", time.Minute, day)
	s.exec(`DELETE FROM session`)
	if a := s.send("GET", "/api/auth/list-accounts", "", "Cookie", cookie); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	a := s.send("POST", "/api/auth/revoke-sessions", "", "Cookie", cookie, "Origin", shop)
	if a.code() != "UNAUTHORIZED" || !a.wasCleared() {
		t.Errorf("%d %q %s", a.StatusCode, a.Header["Set-Cookie"], a.body)
	}
}

func TestCacheOfSessionNotRemembered(t *testing.T) {
	t.Parallel()
	s := start(t, cached)
	a := s.send("POST", "/api/auth/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"password123","rememberMe":false}`)
	sent := a.sent(cacheCookie)
	got, ok := seal.NewKeyring(secret).OpenSession(strings.TrimPrefix(sent, cacheCookie+"="))
	if left := time.Until(got.ExpiresAt); !ok || left > time.Minute || left < 0 || !strings.HasSuffix(a.cookie(cacheCookie), unkept) {
		t.Errorf("it is good for %v: %q", left, a.cookie(cacheCookie))
	}
	// The cookie is not written again, and the database is asked from then on.
	again := s.get(a.sent(tokenCookie), a.sent(shortCookie))
	if email, _ := again.user(t); email != "eve@example.com" || again.cookie(cacheCookie) != "" {
		t.Errorf("%q %s", again.Header["Set-Cookie"], again.body)
	}
}

// The cookie is expired when the cache is off, whoever calls.
func TestCacheIsOff(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("token", 0)
	for _, cookies := range []string{cookie, "a=b", tokenCookie + "=x"} {
		a := s.get(cookies, seals("token", time.Minute, day), cacheCookie+".0=x")
		if len(a.Header["Set-Cookie"]) != 2 || a.cookie(cacheCookie) != deleted || a.cookie(cacheCookie+".0") != deleted {
			t.Errorf("the cookies are %q", a.Header["Set-Cookie"])
		}
		if email, _ := a.user(t); email == "cached@example.com" {
			t.Error("it is used")
		}
	}
}

func TestCacheInChunks(t *testing.T) {
	t.Parallel()
	s := start(t, cached)
	cookie := s.session("token", 0)
	s.exec(`UPDATE "user" SET name = repeat('x', 6000)`)
	a := s.get(cookie)
	lines := a.Header["Set-Cookie"]
	if len(lines) < 3 || a.cookie(cacheCookie) != "" {
		t.Fatalf("the cookies are %q", lines)
	}
	cookies := []string{cookie}
	for _, line := range lines {
		if len(line) > 4093 {
			t.Errorf("a cookie has %d bytes", len(line))
		}
		pair, _, _ := strings.Cut(line, ";")
		cookies = append([]string{pair}, cookies...) // in no order
	}
	s.exec(`UPDATE "user" SET name = 'short'`)
	if again := s.get(cookies...); again.body != a.body {
		t.Errorf("the chunks are not read: %d %s", again.StatusCode, again.body)
	}
	shorter := s.send("GET", "/api/auth/get-session?disableCookieCache=1", "", "Cookie", strings.Join(cookies, "; "))
	if shorter.cookie(cacheCookie) == "" || shorter.cookie(cacheCookie+".0") != deleted || shorter.cookie(cacheCookie+".1") != deleted {
		t.Errorf("the chunks are not replaced: %q", shorter.Header["Set-Cookie"])
	}
	out := s.send("POST", "/api/auth/sign-out", "", "Cookie", strings.Join(cookies, "; "), "Origin", shop)
	if out.cookie(cacheCookie+".0") != deleted || out.cookie(cacheCookie+".1") != deleted || out.cookie(cacheCookie) != deleted {
		t.Errorf("the chunks outlive the session: %q", out.Header["Set-Cookie"])
	}
	cookie = s.session("token", 0)
	s.exec(`UPDATE "user" SET name = repeat('x', 400000)`)
	if huge := s.get(cookie); huge.StatusCode != http.StatusOK || huge.Header["Set-Cookie"] != nil {
		t.Errorf("what is too long is cached: %d %d cookies", huge.StatusCode, len(huge.Header["Set-Cookie"]))
	}
}

func TestRenewalWritesTheCache(t *testing.T) {
	t.Parallel()
	s := start(t, cached)
	a := s.get(s.session("token", 2*day))
	if a.cookie(tokenCookie) == "" || a.cookie(cacheCookie) == "" {
		t.Errorf("the cookies are %q", a.Header["Set-Cookie"])
	}
	got, ok := seal.NewKeyring(secret).OpenSession(strings.TrimPrefix(a.sent(cacheCookie), cacheCookie+"="))
	if at, _ := s.expiry("token"); !ok || !got.Session.ExpiresAt.Equal(at) {
		t.Errorf("the session ends at %v, in the cookie at %v", at, got.Session.ExpiresAt)
	}
}
