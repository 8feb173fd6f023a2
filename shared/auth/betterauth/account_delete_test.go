package betterauth_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchyard/shared/config"
)

const userDeleted = `{"message":"User deleted","success":true}`

func confirmDelete(c *config.Auth) { withMail(c); c.ConfirmDelete = true }

// gone fails unless everything of n users is gone, and told.
func (s *server) gone(what string, n int) {
	s.t.Helper()
	for _, table := range []string{`"user"`, "session", "account"} {
		same(s.t, what+": "+table, s.count(`SELECT count(*) FROM `+table), 0)
	}
	same(s.t, what+": events", s.count(`SELECT count(*) FROM outbox WHERE name = 'user/deleted' AND data ? 'userId'`), n)
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	b.do("POST", "/delete-user", nil).refused(t, "no body", 400, "VALIDATION_ERROR")
	b.post("/delete-user", fields{"password": "wrong"}).refused(t, "wrong password", 400, "INVALID_PASSWORD")
	b.post("/delete-user", fields{"password": strings.Repeat("x", 1<<20)}).refused(t, "long password", 400, "PASSWORD_TOO_LONG")
	b.post("/delete-user", fields{"token": "x"}).refused(t, "unknown token", 404, "INVALID_TOKEN")
	b.post("/delete-user", fields{"callbackURL": "//evil.example"}).refused(t, "elsewhere", 403, "INVALID_CALLBACK_URL")
	s.browser().post("/delete-user", fields{}).refused(t, "nobody", 401, "UNAUTHORIZED")
	b.do("GET", "/delete-user/callback?token=x", nil).refused(t, "unknown link", 404, "INVALID_TOKEN")
	b.do("GET", "/delete-user/callback?token=", nil).refused(t, "empty link", 404, "INVALID_TOKEN")
	b.do("GET", "/delete-user/callback", nil).refused(t, "no token", 400, "VALIDATION_ERROR")
	s.browser().do("GET", "/delete-user/callback?token=x", nil).refused(t, "link of nobody", 404, "FAILED_TO_GET_USER_INFO")
	if b.who() == "" {
		t.Fatal("the user is gone")
	}
	a := b.post("/delete-user", fields{})
	a.says(t, "delete", userDeleted)
	for _, name := range []string{tokenCookie, cacheCookie, shortCookie} {
		if !strings.Contains(a.cookie(name), "Max-Age=0") {
			t.Errorf("%s is %q", name, a.cookie(name))
		}
	}
	s.gone("deleted", 1)
	s.signUp("ada@example.com")
}

func TestDeleteUserWithPassword(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	s.exec(`UPDATE session SET "createdAt" = now() - interval '25 hours'`)
	b.post("/delete-user", fields{}).refused(t, "old session", 400, "SESSION_EXPIRED")
	b.post("/delete-user", fields{"password": passphrase}).says(t, "password", userDeleted)
	s.gone("deleted", 1)
	b = s.signUp("bob@example.com")
	s.exec(`UPDATE account SET password = NULL`)
	b.post("/delete-user", fields{"password": passphrase}).refused(t, "no password", 400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
}

func TestDeleteUserByMail(t *testing.T) {
	t.Parallel()
	s := start(t, confirmDelete)
	b := s.signUp("ada@example.com")
	b.post("/delete-user", fields{"callbackURL": "/bye?a=b"}).says(t, "ask", `{"message":"Verification email sent","success":true}`)
	m := s.mail("ada@example.com", 1)
	if !regexp.MustCompile(`^[0-9a-z]{32}$`).MatchString(m.token) || m.url != shop+"/api/auth/delete-user/callback?token="+m.token+"&callbackURL=%2Fbye%3Fa%3Db" {
		t.Errorf("the link is %s", m.url)
	}
	same(t, "rows", s.count(`SELECT count(*) FROM verification WHERE identifier = 'delete-account-' || $1 AND value = (SELECT id FROM "user")
		AND "expiresAt" = "createdAt" + interval '24 hours'`, m.token), 1)
	s.browser().open(m.url).refused(t, "nobody", 404, "FAILED_TO_GET_USER_INFO")
	eve := s.signUp("eve@example.com")
	eve.open(m.url).refused(t, "somebody else", 404, "INVALID_TOKEN")
	eve.post("/delete-user", fields{"token": m.token}).refused(t, "somebody else", 404, "INVALID_TOKEN")
	s.exec(`UPDATE verification SET "expiresAt" = now() - interval '1 second'`)
	b.open(m.url).refused(t, "expired", 404, "INVALID_TOKEN")
	if b.who() == "" || eve.who() == "" {
		t.Fatal("somebody is gone")
	}
	b.post("/delete-user", fields{"password": passphrase}).says(t, "ask again", `{"message":"Verification email sent","success":true}`)
	second := s.mail("ada@example.com", 2)
	a := b.open(second.url)
	a.leads(t, "the link", "/")
	if !strings.Contains(a.cookie(tokenCookie), "Max-Age=0") {
		t.Errorf("still signed in: %v", a.Header)
	}
	eve.post("/delete-user", fields{}).says(t, "ask", `{"message":"Verification email sent","success":true}`)
	eve.post("/delete-user", fields{"token": s.mail("eve@example.com", 1).token}).says(t, "token", userDeleted)
	s.gone("deleted", 2)
}

// A password reset is mailed to whoever asks for it; its token must not delete.
func TestDeleteUserWithOtherToken(t *testing.T) {
	t.Parallel()
	s := start(t, confirmDelete)
	b := s.signUp("ada@example.com")
	token := s.forget("ada@example.com", "", 1)
	b.post("/delete-user", fields{"token": token}).refused(t, "reset token", 404, "INVALID_TOKEN")
	b.do("GET", "/delete-user/callback?token="+token, nil).refused(t, "reset token", 404, "INVALID_TOKEN")
}

// However often it is asked for, the account is gone once, and told once.
func TestDeleteUserAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, confirmDelete)
	b := s.signUp("ada@example.com")
	b.post("/delete-user", fields{})
	token := s.mail("ada@example.com", 1).token
	cookie := tokenCookie + "=" + b.cookies[tokenCookie]
	counts := atOnce(6, func(int) answer {
		return s.send("GET", "/api/auth/delete-user/callback?token="+token, "", "Cookie", cookie)
	})
	if counts["200"] != 1 || counts["404 INVALID_TOKEN"]+counts["404 FAILED_TO_GET_USER_INFO"] != 5 {
		t.Errorf("%v, want one success", counts)
	}
	s.gone("at once", 1)
}

func TestDeleteUserIsOneTransaction(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	s.exec(`ALTER TABLE outbox RENAME TO away`)
	if a := b.post("/delete-user", fields{}); a.StatusCode != http.StatusInternalServerError || a.cookie(tokenCookie) != "" {
		t.Errorf("%d %v %s", a.StatusCode, a.Header, a.body)
	}
	s.exec(`ALTER TABLE away RENAME TO outbox`)
	if b.who() != "ada@example.com" {
		t.Error("the user is gone, and nobody was told")
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	s.signUp("eve@example.com")
	s.browser().do("GET", "/list-accounts", nil).refused(t, "nobody", 401, "UNAUTHORIZED")
	own := s.text(`SELECT id FROM account WHERE "userId" = (SELECT id FROM "user" WHERE email = 'ada@example.com')`)
	b.post("/unlink-account", fields{"accountId": own}).refused(t, "the last", 400, "FAILED_TO_UNLINK_LAST_ACCOUNT")
	b.post("/unlink-account", fields{"accountId": "x"}).refused(t, "the last comes first", 400, "FAILED_TO_UNLINK_LAST_ACCOUNT")
	b.post("/unlink-account", fields{"providerId": "github"}).refused(t, "of 1.6", 400, "VALIDATION_ERROR")
	s.exec(`INSERT INTO account (id, "accountId", "providerId", "userId", scope, "accessToken", "createdAt", "updatedAt")
		SELECT 'g', '77', 'github', id, 'read:user, ,user:email', 'geheim', '2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05Z' FROM "user" WHERE email = 'ada@example.com'`)
	a := b.do("GET", "/list-accounts", nil)
	userID := s.text(`SELECT id FROM "user" WHERE email = 'ada@example.com'`)
	want := `{"accountId":"77","providerId":"github","userId":"` + userID + `","createdAt":"2026-01-02T03:04:05.678Z",` +
		`"updatedAt":"2026-01-02T03:04:05.000Z","id":"g","scopes":["read:user","user:email"]}`
	if !strings.Contains(a.body, want) || !strings.Contains(a.body, `"scopes":[]`) || strings.Contains(a.body, "geheim") || strings.Contains(a.body, "assword") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	foreign := s.text(`SELECT id FROM account WHERE "userId" <> $1`, userID)
	b.post("/unlink-account", fields{"accountId": foreign}).refused(t, "somebody else's", 400, "ACCOUNT_NOT_FOUND")
	b.post("/unlink-account", fields{"accountId": "77"}).refused(t, "the id elsewhere", 400, "ACCOUNT_NOT_FOUND")
	s.exec(`UPDATE session SET "createdAt" = now() - interval '25 hours'`)
	b.post("/unlink-account", fields{"accountId": "g"}).refused(t, "old session", 403, "SESSION_NOT_FRESH")
	s.exec(`UPDATE session SET "createdAt" = now()`)

	cookie := tokenCookie + "=" + b.cookies[tokenCookie]
	counts := atOnce(6, func(i int) answer { // one of both must remain
		return s.send("POST", "/api/auth/unlink-account", `{"accountId":"`+[]string{"g", own}[i%2]+`"}`, "Cookie", cookie, "Origin", shop)
	})
	same(t, "at once", counts, map[string]int{"200": 1, "400 FAILED_TO_UNLINK_LAST_ACCOUNT": 5})
	same(t, "accounts", s.count(`SELECT count(*) FROM account WHERE "userId" = $1`, userID), 1)
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	s := start(t, cached)
	b := s.signUp("ada@example.com")
	before := s.text(`SELECT "updatedAt"::text FROM "user"`)
	a := b.post("/update-user", fields{"name": `Robert'); DROP TABLE "user"; --`, "image": "https://x.example/a.png", "emailVerified": true, "id": "x", "email": ""})
	a.says(t, "update", statusTrue)
	if a.cookie(tokenCookie) == "" || a.cookie(cacheCookie) == "" || before == s.text(`SELECT "updatedAt"::text FROM "user"`) {
		t.Errorf("%v", a.Header)
	}
	user, _ := b.do("GET", "/get-session", nil).object(t)["user"].(map[string]any)
	if user["name"] != `Robert'); DROP TABLE "user"; --` || user["image"] != "https://x.example/a.png" || user["emailVerified"] != false {
		t.Errorf("the user is %v", user)
	}
	b.post("/update-user", fields{"image": nil}).says(t, "no image", statusTrue)
	same(t, "images", s.count(`SELECT count(image) FROM "user"`), 0)
	b.post("/update-user", fields{"name": ""}).says(t, "empty name", statusTrue)
	for name, body := range map[string]fields{"nothing": {}, "nothing usable": {"role": "admin", "emailVerified": true}} {
		if a := b.post("/update-user", body); a.StatusCode != http.StatusBadRequest || a.body != `{"message":"No fields to update"}` {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	for name, email := range map[string]any{"text": "x@example.com", "number": 1, "true": true, "object": fields{}, "array": []int{}} {
		b.post("/update-user", fields{"email": email, "name": "x"}).refused(t, name, 400, "EMAIL_CAN_NOT_BE_UPDATED")
	}
	for name, email := range map[string]any{"no text": "", "zero": 0, "false": false, "null": nil} {
		b.post("/update-user", fields{"email": email, "name": "x"}).says(t, name, statusTrue)
	}
	b.post("/update-user", fields{"name": nil}).refused(t, "name null", 400, "VALIDATION_ERROR")
	b.post("/update-user", fields{"name": strings.Repeat("x", 201)}).refused(t, "long name", 400, "VALIDATION_ERROR")
	b.post("/update-user", fields{"image": strings.Repeat("x", 2049)}).refused(t, "long image", 400, "VALIDATION_ERROR")
	b.post("/update-user", fields{"name": strings.Repeat("x", 200), "image": strings.Repeat("x", 2048)}).says(t, "longest", statusTrue)
	b.post("/update-user", fields{"name": "\x00"}).refused(t, "zero byte", 400, "VALIDATION_ERROR")
	if a := b.post("/update-user", "[]"); a.object(t)["message"] != "[body] Invalid input: expected record, received array" {
		t.Errorf("an array: %d %s", a.StatusCode, a.body)
	}
	s.browser().post("/update-user", fields{"name": "x"}).refused(t, "nobody", 401, "UNAUTHORIZED")

	// The cookie cache must not live on by it.
	s.exec(`DELETE FROM session`)
	if b.who() == "" {
		t.Fatal("the cookie cache is off")
	}
	b.post("/update-user", fields{"name": "x"}).refused(t, "revoked", 401, "UNAUTHORIZED")
}
