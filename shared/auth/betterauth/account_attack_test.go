package betterauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
)

// elsewhere are places that nobody may be led to.
func elsewhere() []string {
	return []string{
		"https://evil.example", "https://evil.example/in", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`,
		"/%2Fevil.example", "/%5Cevil.example", "/%5c%2fevil.example", "evil.example", "http:evil.example", "https:/evil.example",
		"https://shop.example.evil.example", "https://evil.example#@shop.example", `http://evil.example\@shop.example`,
		"http://shop.example@evil.example", "http://shop.example:80@evil.example/", "http://shop.example:8080/", "https://shop.example/",
		"javascript:alert(1)", "data:text/html,x", "vbscript:x", "\tjavascript:alert(1)", "java\nscript:alert(1)",
		"/\t/evil.example", "/\n/evil.example", " //evil.example", "\x01//evil.example", "/a\r\nSet-Cookie: x=y", "/a\nLocation: //evil.example",
		"http://shop.example/\r\nSet-Cookie: x=y", "http://shop.example\r\nSet-Cookie: x=y", "/a\u2028b\r", "/a\x00b",
	}
}

// No parameter leads elsewhere, and none becomes a header.
func TestNobodyIsLedElsewhere(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { confirmDelete(c); c.Trusted = config.Origins{"https://app.example"} })
	b := s.member()
	id := s.text(`SELECT id FROM "user"`)
	verify := makeJWT(hs256, secret, fields{"email": "ada@example.com", "userId": id}, time.Hour)
	reset := s.forget("ada@example.com", "", 1)
	mails := s.count(`SELECT count(*) FROM mail`)
	refused := func(what, to string, a answer) {
		t.Helper()
		if a.StatusCode != http.StatusForbidden && a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s to %q: %d to %q %s", what, to, a.StatusCode, a.Header.Get("Location"), a.body)
		}
		if a.Header.Get("Location") != "" || a.cookie("x") != "" {
			t.Errorf("%s to %q: %v", what, to, a.Header)
		}
	}
	for _, to := range elsewhere() {
		for path, body := range map[string]fields{
			"/sign-up/email":           {"name": "x", "email": "x@example.com", "password": passphrase, "callbackURL": to},
			"/sign-in/email":           {"email": "ada@example.com", "password": passphrase, "callbackURL": to},
			"/send-verification-email": {"email": "ada@example.com", "callbackURL": to},
			"/change-email":            {"newEmail": "x@example.com", "callbackURL": to},
			"/delete-user":             {"callbackURL": to},
			"/request-password-reset":  {"email": "ada@example.com", "redirectTo": to},
		} {
			refused(path, to, b.post(path, body))
		}
		for _, path := range []string{
			"/verify-email" + query("token", verify, "callbackURL", to),
			"/verify-email" + query("token", "bad", "callbackURL", to),
			"/reset-password/" + reset + query("callbackURL", to),
			"/reset-password/bad" + query("callbackURL", to),
			"/delete-user/callback" + query("token", "bad", "callbackURL", to),
		} {
			refused(path, to, b.do("GET", path, nil))
		}
	}
	same(t, "mails", s.count(`SELECT count(*) FROM mail`), mails)
	for to, want := range map[string]string{
		"https://app.example":            "https://app.example/?error=INVALID_TOKEN",
		"https://app.example/in?a=b#c":   "https://app.example/in?a=b&error=INVALID_TOKEN#c",
		"/in?next=https%3A%2F%2Fx#y":     "/in?next=https%3A%2F%2Fx&error=INVALID_TOKEN#y",
		"http://shop.example:80/in":      "http://shop.example:80/in?error=INVALID_TOKEN",
		"http://ada@shop.example/in?a=b": "http://ada@shop.example/in?a=b&error=INVALID_TOKEN",
	} {
		b.do("GET", "/verify-email"+query("token", "bad", "callbackURL", to), nil).leads(t, to, want)
	}
	// The path of a URL whose host is empty would be that of another host.
	for _, to := range []string{"/.//evil.example", "/a/..//evil.example", "/./\\evil.example"} {
		a := b.do("GET", "/verify-email"+query("token", "bad", "callbackURL", to), nil)
		if location := a.Header.Get("Location"); strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`) {
			t.Errorf("%q leads to %q", to, location)
		}
	}
}

// What SQL, HTML or mail would take for its own is text everywhere.
func TestMetaCharacters(t *testing.T) {
	t.Parallel()
	s := start(t, confirmDelete)
	for _, text := range []string{
		`'; DROP TABLE "user"; --`, `" OR ""="`, `\'; --`, "$1", "%", "{{.}}", "<script>alert(1)</script>", "a\r\nBcc: eve@example.com", "\u202e", "\\u0000",
	} {
		b := s.browser()
		a := b.post("/sign-up/email", fields{"name": text, "email": "o'brien+x@example.com", "password": passphrase, "image": text, "callbackURL": "/" + query("x", text)})
		if user, _ := a.object(t)["user"].(map[string]any); user["name"] != text || user["image"] != text || user["email"] != "o'brien+x@example.com" {
			t.Errorf("%q: %d %s", text, a.StatusCode, a.body)
			continue
		}
		b.post("/unlink-account", fields{"accountId": text}).refused(t, text, 400, "FAILED_TO_UNLINK_LAST_ACCOUNT")
		b.post("/delete-user", fields{"token": text}).refused(t, text, 404, "INVALID_TOKEN")
		b.do("GET", "/delete-user/callback"+query("token", text), nil).refused(t, text, 404, "INVALID_TOKEN")
		b.post("/reset-password", fields{"token": text, "newPassword": passphrase}).refused(t, text, 400, "INVALID_TOKEN")
		b.post("/delete-user", fields{"callbackURL": "/" + query("x", text)})
		link := s.text(`SELECT url || ' ' || subject FROM mail ORDER BY id DESC LIMIT 1`)
		if strings.ContainsAny(link, "\r\n<\"'") {
			t.Errorf("%q: the mail is %s", text, link)
		}
		s.exec(`DELETE FROM "user"`)
	}
}

// What a cookie, a header or a path holds is never taken at its word.
func TestForgedRequests(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	b := s.signUp("ada@example.com")
	cookie := tokenCookie + "=" + b.cookies[tokenCookie]
	send := func(header ...string) answer {
		return s.send("POST", "/api/auth/change-password", `{"currentPassword":"`+passphrase+`","newPassword":"another horse"}`, header...)
	}
	send("Cookie", cookie, "Origin", "https://evil.example").refused(t, "from elsewhere", 403, "INVALID_ORIGIN")
	send("Cookie", cookie).refused(t, "from nowhere", 403, "MISSING_OR_NULL_ORIGIN")
	send("Cookie", tokenCookie+"="+sign("another secret", "x"), "Origin", shop).refused(t, "forged", 401, "UNAUTHORIZED")
	send("Cookie", tokenCookie+"="+strings.Split(b.cookies[tokenCookie], ".")[0], "Origin", shop).refused(t, "unsigned", 401, "UNAUTHORIZED")
	// Neither names the host in the links of mails.
	s.send("POST", "/api/auth/request-password-reset", `{"email":"ada@example.com"}`,
		"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Forwarded", "host=evil.example").says(t, "reset", resetMessage)
	if m := s.mail("ada@example.com", 1); !strings.HasPrefix(m.url, shop+"/") {
		t.Errorf("the link is %s", m.url)
	}
	for _, path := range []string{"/reset-password/%2e%2e?callbackURL=/x", "/reset-password/a%2Fb?callbackURL=/x", "/reset-password/%00?callbackURL=/x", "/reset-password/%ff?callbackURL=/x"} {
		s.send("GET", "/api/auth"+path, "").leads(t, path, shop+"/x?error=INVALID_TOKEN")
	}
}
