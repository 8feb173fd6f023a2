package betterauth_test

import (
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
)

func requireVerified(c *config.Auth) {
	withMail(c)
	c.RequireVerifiedEmail, c.VerifyOnSignUp = true, config.Automatic
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.browser()
	began := time.Now()
	a := b.post("/sign-up/email", fields{
		"name": "Ada", "email": "Ada.Lovelace@Example.com", "password": passphrase, "image": "https://x.example/a.png",
		"id": "chosen", "emailVerified": true, "createdAt": "1999-01-01T00:00:00.000Z", "role": "admin", "callbackURL": "/x",
	})
	if a.StatusCode != http.StatusOK {
		t.Fatal(a.StatusCode, a.body)
	}
	body := a.object(t)
	user, _ := body["user"].(map[string]any)
	id, _ := user["id"].(string)
	if !regexp.MustCompile(`^[A-Za-z0-9]{32}$`).MatchString(id) {
		t.Errorf("the id is %q", id)
	}
	created, err := time.Parse("2006-01-02T15:04:05.000Z", user["createdAt"].(string))
	if err != nil || created.Before(began.Truncate(time.Millisecond)) || created.After(time.Now()) {
		t.Errorf("created at %v: %v", user["createdAt"], err)
	}
	same(t, "the user", fields(user), fields{
		"id": id, "name": "Ada", "email": "ada.lovelace@example.com", "emailVerified": false, "image": "https://x.example/a.png",
		"createdAt": user["createdAt"], "updatedAt": user["createdAt"],
	})
	shown := b.do("GET", "/get-session", nil).object(t)
	same(t, "the user of the session", shown["user"], body["user"])
	same(t, "the token", body["token"], shown["session"].(map[string]any)["token"])
	if got := a.cookie(tokenCookie); !strings.HasSuffix(got, "; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax") {
		t.Errorf("the cookie is %q", got)
	}
	if a.cookie(shortCookie) != "" || a.Header.Get("Location") != "" {
		t.Errorf("%v", a.Header)
	}
	hash := s.text(`SELECT password FROM account WHERE "userId" = $1 AND "accountId" = $1 AND "providerId" = 'credential'`, id)
	if !regexp.MustCompile(`^[0-9a-f]{32}:[0-9a-f]{128}$`).MatchString(hash) {
		t.Errorf("the hash is %q", hash)
	}
	same(t, "mails", s.count(`SELECT count(*) FROM mail`), 0)
}

func TestSignUpNotRemembered(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	a := s.browser().post("/sign-up/email", fields{"name": "", "email": "ada@example.com", "password": passphrase, "rememberMe": false})
	if got := a.cookie(tokenCookie); got == "" || strings.Contains(got, "Max-Age") {
		t.Errorf("%d %s: the cookie is %q", a.StatusCode, a.body, got)
	}
	if a.cookie(shortCookie) == "" {
		t.Error("no cookie says that it is not to be remembered")
	}
	at, ok := s.expiry(a.object(t)["token"].(string))
	if left := time.Until(at); !ok || left > 24*time.Hour || left < 23*time.Hour {
		t.Errorf("the session ends in %s", left)
	}
}

func TestSignUpRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.signUp("taken@example.com")
	ask := func(change fields) fields {
		f := fields{"name": "Ada", "email": "ada@example.com", "password": passphrase}
		maps.Copy(f, change)
		return f
	}
	for name, test := range map[string]struct {
		change fields
		status int
		code   string
	}{
		"taken":                {fields{"email": "Taken@Example.com"}, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
		"no address":           {fields{"email": "ada"}, 400, "VALIDATION_ERROR"},
		"spaces":               {fields{"email": " ada@example.com "}, 400, "VALIDATION_ERROR"},
		"no password":          {fields{"password": ""}, 400, "VALIDATION_ERROR"},
		"short":                {fields{"password": "1234567"}, 400, "PASSWORD_TOO_SHORT"},
		"short, in code units": {fields{"password": "😀😀😀x"}, 400, "PASSWORD_TOO_SHORT"},
		"long":                 {fields{"password": strings.Repeat("x", 129)}, 400, "PASSWORD_TOO_LONG"},
		"long, in code units":  {fields{"password": strings.Repeat("😀", 65)}, 400, "PASSWORD_TOO_LONG"},
		"a megabyte":           {fields{"password": strings.Repeat("x", 1<<20)}, 400, "PASSWORD_TOO_LONG"},
		"too long and taken":   {fields{"email": "taken@example.com", "password": strings.Repeat("x", 129)}, 400, "PASSWORD_TOO_LONG"},
		"image null":           {fields{"image": nil}, 400, "VALIDATION_ERROR"},
		"long name":            {fields{"name": strings.Repeat("😀", 101)}, 400, "VALIDATION_ERROR"},
		"long image":           {fields{"image": strings.Repeat("x", 2049)}, 400, "VALIDATION_ERROR"},
		"zero byte":            {fields{"name": "a\x00b"}, 400, "VALIDATION_ERROR"},
		"callback":             {fields{"callbackURL": "https://evil.example"}, 403, "INVALID_CALLBACK_URL"},
	} {
		a := s.browser().post("/sign-up/email", ask(test.change))
		a.refused(t, name, test.status, test.code)
		if a.cookie(tokenCookie) != "" {
			t.Errorf("%s: a session began", name)
		}
	}
	same(t, "users", s.count(`SELECT count(*) FROM "user"`), 1)
}

// Lengths are in UTF-16 code units, as JavaScript counts.
func TestPasswordsOfAllLengths(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for email, password := range map[string]string{
		"a@example.com": "😀😀😀😀", "b@example.com": strings.Repeat("😀", 64), "c@example.com": strings.Repeat("é", 128),
		"d@example.com": `'"; DROP --`,
	} {
		if a := s.browser().post("/sign-up/email", fields{"name": "", "email": email, "password": password}); a.StatusCode != http.StatusOK {
			t.Errorf("%q: %d %s", password, a.StatusCode, a.body)
		}
		if _, a := s.signIn(email, password); a.StatusCode != http.StatusOK {
			t.Errorf("%q does not sign in: %d %s", password, a.StatusCode, a.body)
		}
	}
}

func TestSignUpAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	const n = 8
	counts := atOnce(n, func(int) answer {
		return s.browser().post("/sign-up/email", fields{"name": "Ada", "email": "ada@example.com", "password": passphrase})
	})
	lost := counts["422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"] + counts["422 FAILED_TO_CREATE_USER"]
	if counts["200"] != 1 || lost != n-1 {
		t.Errorf("%v, want one success and else 422", counts)
	}
	for _, table := range []string{`"user"`, "account", "session"} {
		same(t, table, s.count(`SELECT count(*) FROM `+table), 1)
	}
}

// Whether the address is taken, nobody learns but who reads its mail.
func TestSignUpDoesNotTell(t *testing.T) {
	t.Parallel()
	s := start(t, requireVerified)
	ask := fields{"name": "Ada", "email": "Ada@example.com", "password": passphrase, "callbackURL": "/in"}
	first := s.browser().post("/sign-up/email", ask)
	m := s.mail("ada@example.com", 1)
	if !strings.HasPrefix(m.url, shop+"/api/auth/verify-email?token="+m.token+"&callbackURL=%2Fin") {
		t.Errorf("the link is %s", m.url)
	}
	ask["name"], ask["image"] = "Eve", "https://x.example/eve.png"
	second := s.browser().post("/sign-up/email", ask)
	for what, a := range map[string]answer{"new": first, "taken": second} {
		body := a.object(t)
		user, _ := body["user"].(map[string]any)
		if a.StatusCode != http.StatusOK || body["token"] != nil || len(body) != 2 || len(user) != 7 || len(a.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %v %s", what, a.StatusCode, a.Header, a.body)
		}
	}
	one, other := first.object(t)["user"].(map[string]any), second.object(t)["user"].(map[string]any)
	if other["name"] != "Eve" || other["image"] != "https://x.example/eve.png" || other["id"] == one["id"] || other["emailVerified"] != false {
		t.Errorf("the second is answered %v", other)
	}
	same(t, "the name", s.text(`SELECT name FROM "user"`), "Ada")
	s.mail("ada@example.com", 1)

	counts := atOnce(6, func(int) answer {
		return s.browser().post("/sign-up/email", fields{"name": "Bob", "email": "bob@example.com", "password": passphrase})
	})
	same(t, "at once", counts, map[string]int{"200": 6})
	s.mail("bob@example.com", 1)
	same(t, "sessions", s.count(`SELECT count(*) FROM session`), 0)
}

// What signing up adds, it adds together or not at all.
func TestSignUpIsOneTransaction(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { withMail(c); c.VerifyOnSignUp = config.On })
	ask := fields{"name": "Ada", "email": "ada@example.com", "password": passphrase}
	for _, table := range []string{"mail", "session", "account"} {
		s.exec(`ALTER TABLE ` + table + ` RENAME TO away`)
		if a := s.browser().post("/sign-up/email", ask); a.StatusCode != http.StatusInternalServerError || a.body != "" {
			t.Errorf("without %s: %d %s", table, a.StatusCode, a.body)
		}
		s.exec(`ALTER TABLE away RENAME TO ` + table)
		for _, rows := range []string{`"user"`, "account", "session", "mail", "outbox"} {
			same(t, "without "+table+", rows of "+rows, s.count(`SELECT count(*) FROM `+rows), 0)
		}
	}
	if a := s.browser().post("/sign-up/email", ask); a.StatusCode != http.StatusOK || a.object(t)["token"] == nil {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	s.mail("ada@example.com", 1)
}
