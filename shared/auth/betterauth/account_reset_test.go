package betterauth_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
)

const resetMessage = `{"message":"If this email exists in our system, check your email for the reset link","status":true}`

// forget asks for a new password and returns the token that was mailed.
func (s *server) forget(email, redirectTo string, n int) string {
	s.t.Helper()
	s.browser().post("/request-password-reset", fields{"email": email, "redirectTo": redirectTo}).says(s.t, "request", resetMessage)
	return s.mail(strings.ToLower(email), n).token
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	b := s.signUp("ada@example.com")
	token := s.forget("ADA@example.com", "/reset?a=b c", 1)
	if !regexp.MustCompile(`^[A-Za-z0-9]{24}$`).MatchString(token) {
		t.Errorf("the token is %q", token)
	}
	link := s.mail("ada@example.com", 1).url
	if want := shop + "/api/auth/reset-password/" + token + "?callbackURL=%2Freset%3Fa%3Db%20c"; link != want {
		t.Errorf("the link is %s, want %s", link, want)
	}
	same(t, "rows", s.count(`SELECT count(*) FROM verification WHERE identifier = 'reset-password:' || $1 AND value = (SELECT id FROM "user")
		AND "expiresAt" = "createdAt" + interval '1 hour'`, token), 1)
	for range 2 { // mail programs open links too
		b.open(link).leads(t, "the link", shop+"/reset?a=b+c&token="+token)
	}
	short := s.browser().post("/reset-password", fields{"token": token, "newPassword": "1234567"})
	short.refused(t, "short", 400, "PASSWORD_TOO_SHORT")
	long := s.browser().post("/reset-password", fields{"token": token, "newPassword": strings.Repeat("x", 1<<20)})
	long.refused(t, "long", 400, "PASSWORD_TOO_LONG")
	a := s.browser().post("/reset-password?token=other", fields{"token": token, "newPassword": "another horse"})
	a.says(t, "reset", statusTrue)
	if len(a.Header["Set-Cookie"]) > 0 {
		t.Errorf("resetting signs in: %v", a.Header)
	}
	_, a = s.signIn("ada@example.com", passphrase)
	a.refused(t, "the old password", 401, "INVALID_EMAIL_OR_PASSWORD")
	if _, a := s.signIn("ada@example.com", "another horse"); a.StatusCode != http.StatusOK {
		t.Errorf("the new password: %d %s", a.StatusCode, a.body)
	}
	if b.who() == "" {
		t.Error("resetting signed out elsewhere")
	}
	same(t, "verified", s.text(`SELECT "emailVerified"::text FROM "user"`), "false")
	s.browser().post("/reset-password?token="+token, fields{"newPassword": "yet another"}).refused(t, "again", 400, "INVALID_TOKEN")
	b.open(link).leads(t, "the spent link", shop+"/reset?a=b+c&error=INVALID_TOKEN")
}

// Of an unknown address nothing is answered, written or mailed that is not of a
// known one too.
func TestResetDoesNotTell(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	s.signUp("ada@example.com")
	for _, email := range []string{"ada@example.com", "nobody@example.com", "ada'--@example.com"} {
		began := time.Now()
		a := s.browser().post("/request-password-reset", fields{"email": email})
		a.says(t, email, resetMessage)
		// A timer never fires early.
		if took := time.Since(began); took < 500*time.Millisecond {
			t.Errorf("%s: answered after %s", email, took)
		}
	}
	same(t, "mails", s.count(`SELECT count(*) FROM mail`), 1)
	if link := s.mail("ada@example.com", 1).url; !strings.HasSuffix(link, "?callbackURL=") {
		t.Errorf("without redirectTo the link is %s", link)
	}
}

func TestResetRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	s.signUp("ada@example.com")
	token := s.forget("ada@example.com", "/reset", 1)
	s.exec(`UPDATE verification SET "expiresAt" = now() - interval '1 second'`)
	reset := func(body fields) answer { return s.browser().post("/reset-password", body) }
	reset(fields{"token": token, "newPassword": "another horse"}).refused(t, "expired", 400, "INVALID_TOKEN")
	reset(fields{"newPassword": "another horse"}).refused(t, "no token", 400, "INVALID_TOKEN")
	reset(fields{"newPassword": "x"}).refused(t, "no token before the length", 400, "INVALID_TOKEN")
	reset(fields{"token": "", "newPassword": "another horse"}).refused(t, "empty token", 400, "INVALID_TOKEN")
	reset(fields{"token": "' OR '1'='1", "newPassword": "another horse"}).refused(t, "SQL", 400, "INVALID_TOKEN")
	reset(fields{"token": "%", "newPassword": "another horse"}).refused(t, "a pattern", 400, "INVALID_TOKEN")
	reset(fields{"token": strings.Repeat("x", 1<<20), "newPassword": "another horse"}).refused(t, "long token", 400, "INVALID_TOKEN")
	reset(fields{"token": token}).refused(t, "no password", 400, "VALIDATION_ERROR")
	get := func(path string) answer { return s.send("GET", "/api/auth/reset-password/"+path, "") }
	get(token+"?callbackURL=/x%23y").leads(t, "expired link", shop+"/x?error=INVALID_TOKEN#y")
	get("nope?callbackURL=").leads(t, "no callback", shop+"/api/auth/error?error=INVALID_TOKEN")
	get("nope").refused(t, "no parameter", 400, "VALIDATION_ERROR")
	get("nope?callbackURL=https://evil.example").refused(t, "elsewhere", 403, "INVALID_CALLBACK_URL")
	if _, a := s.signIn("ada@example.com", passphrase); a.StatusCode != http.StatusOK {
		t.Errorf("the password changed: %d %s", a.StatusCode, a.body)
	}

	// A token for deleting the account is none for its password.
	s.exec(`INSERT INTO verification (id, identifier, value, "expiresAt") SELECT 'v', 'delete-account-abc', id, now() + interval '1 day' FROM "user"`)
	reset(fields{"token": "abc", "newPassword": "another horse"}).refused(t, "another kind of token", 400, "INVALID_TOKEN")
	// Nor is one of a user who is gone.
	s.exec(`INSERT INTO verification (id, identifier, value, "expiresAt") VALUES ('w', 'reset-password:abc', 'gone', now() + interval '1 day')`)
	reset(fields{"token": "abc", "newPassword": "another horse"}).refused(t, "user gone", 400, "USER_NOT_FOUND")
}

func TestResetWithoutMail(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.browser().post("/request-password-reset", fields{"email": "ada@example.com"}).refused(t, "off", 400, "RESET_PASSWORD_DISABLED")
}

func TestResetAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	s.signUp("ada@example.com")
	token := s.forget("ada@example.com", "", 1)
	counts := atOnce(6, func(i int) answer {
		return s.browser().post("/reset-password", fields{"token": token, "newPassword": "another horse" + strings.Repeat("!", i)})
	})
	same(t, "at once", counts, map[string]int{"200": 1, "400 INVALID_TOKEN": 5})
	right := 0
	for i := range 6 {
		if _, a := s.signIn("ada@example.com", "another horse"+strings.Repeat("!", i)); a.StatusCode == http.StatusOK {
			right++
		}
	}
	same(t, "passwords", right, 1)
}

// Who has no password yet gets one, and only one.
func TestResetGivesPassword(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { withMail(c); c.RevokeSessionsOnReset = true })
	b := s.signUp("ada@example.com")
	s.exec(`UPDATE account SET "providerId" = 'github', "accountId" = '77', password = NULL`)
	first, second := s.forget("ada@example.com", "", 1), s.forget("ada@example.com", "", 2)
	counts := atOnce(2, func(i int) answer {
		return s.browser().post("/reset-password", fields{"token": []string{first, second}[i], "newPassword": "another horse"})
	})
	same(t, "at once", counts, map[string]int{"200": 2})
	same(t, "passwords", s.count(`SELECT count(*) FROM account a JOIN "user" u ON u.id = a."userId" AND u.id = a."accountId" WHERE "providerId" = 'credential'`), 1)
	if _, a := s.signIn("ada@example.com", "another horse"); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if b.who() != "" {
		t.Error("the old session goes on")
	}
}

// What fails leaves the token good.
func TestResetIsOneTransaction(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { withMail(c); c.RevokeSessionsOnReset = true })
	b := s.signUp("ada@example.com")
	token := s.forget("ada@example.com", "", 1)
	s.exec(`ALTER TABLE account RENAME TO away`)
	ask := fields{"token": token, "newPassword": "another horse"}
	if a := s.browser().post("/reset-password", ask); a.StatusCode != http.StatusInternalServerError || a.body != "" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	s.exec(`ALTER TABLE away RENAME TO account`)
	if b.who() == "" {
		t.Error("sessions ended all the same")
	}
	s.browser().post("/reset-password", ask).says(t, "again", statusTrue)
}
