package betterauth_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/shared/config"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.signUp("ada@example.com")
	b := s.browser()
	a := b.post("/sign-in/email", fields{"email": "ADA@example.com", "password": passphrase, "callbackURL": "/a?b=c#d"})
	body := a.object(t)
	if a.StatusCode != http.StatusOK || body["redirect"] != true || body["url"] != "/a?b=c#d" || a.Header.Get("Location") != "/a?b=c#d" {
		t.Errorf("%d %v %s", a.StatusCode, a.Header, a.body)
	}
	if got := b.who(); got != "ada@example.com" {
		t.Errorf("%q is signed in", got)
	}
	for name, ask := range map[string]fields{"no callback": {}, "an empty callback": {"callbackURL": ""}} {
		ask["email"], ask["password"] = "ada@example.com", passphrase
		a := s.browser().post("/sign-in/email", ask)
		if a.StatusCode != http.StatusOK || a.object(t)["redirect"] != false || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d %v %s", name, a.StatusCode, a.Header, a.body)
		}
	}
	a = b.post("/sign-in/email", fields{"email": "ada@example.com", "password": passphrase, "rememberMe": false})
	if strings.Contains(a.cookie(tokenCookie), "Max-Age") || a.cookie(shortCookie) == "" {
		t.Errorf("not to be remembered: %v", a.Header)
	}
	a = b.post("/sign-in/email", fields{"email": "ada@example.com", "password": passphrase})
	if !strings.Contains(a.cookie(tokenCookie), "Max-Age=604800") || !strings.Contains(a.cookie(shortCookie), "Max-Age=0") {
		t.Errorf("to be remembered again: %v", a.Header)
	}
}

func TestSignInByForm(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.signUp("ada@example.com")
	form := strings.TrimPrefix(query("email", "ada@example.com", "password", passphrase), "?")
	a := s.browser().do("POST", "/sign-in/email", form, "Content-Type", "application/x-www-form-urlencoded")
	if a.StatusCode != http.StatusOK || a.object(t)["token"] == nil {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

// A hash that Node made; see the golden values in seal.
func TestSignInWithHashOfNode(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('n', 'N', 'n@example.com', false)`)
	s.exec(`INSERT INTO account (id, "accountId", "providerId", "userId", password, "updatedAt") VALUES ('a', 'n', 'credential', 'n', $1, now())`,
		"90c0af13699ce33c67369a2c781b9519:e0327bb7f85b16dfbdd268ec5dcaf20d6676240f697fbc8a81db067dcbc4d3ffca43a1fee9a514f579c8c8f35b0f707946d0ae5a84b21340c16dcc38b4531b10")
	if _, a := s.signIn("n@example.com", "password123"); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

// Who guesses learns nothing of who has an account: the answers are the same, byte
// for byte, and so is the number of queries.
func TestSignInDoesNotTell(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.signUp("ada@example.com")
	for id, account := range map[string][]any{
		"nopassword": {"nopassword", "credential", nil},
		"elsewhere":  {"77", "github", nil},
		"notone":     {"notone", "credential", "no hash"},
		"empty":      {"empty", "credential", ""},
		"misnamed":   {"somebody", "credential", s.text(`SELECT password FROM account`)},
	} {
		s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ($1, '', $1 || '@example.com', true)`, id)
		s.exec(`INSERT INTO account (id, "userId", "accountId", "providerId", password, "updatedAt") VALUES ($1, $1, $2, $3, $4, now())`,
			append([]any{id}, account...)...)
	}
	s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('noaccount', '', 'noaccount@example.com', true)`)
	for _, try := range [][2]string{
		{"ada@example.com", "wrong password"},
		{"ada@example.com", ""},
		{"ada@example.com", "x' OR '1'='1"},
		{"nobody@example.com", passphrase},
		{"noaccount@example.com", passphrase},
		{"nopassword@example.com", passphrase},
		{"nopassword@example.com", ""},
		{"elsewhere@example.com", passphrase},
		{"notone@example.com", passphrase},
		{"empty@example.com", ""},
		{"misnamed@example.com", passphrase},
	} {
		before := s.queries.n.Load()
		_, a := s.signIn(try[0], try[1])
		if a.StatusCode != http.StatusUnauthorized || a.body != `{"code":"INVALID_EMAIL_OR_PASSWORD","message":"Invalid email or password"}` {
			t.Errorf("%q: %d %s", try, a.StatusCode, a.body)
		}
		if n := s.queries.n.Load() - before; n != 1 || len(a.Header["Set-Cookie"]) > 0 {
			t.Errorf("%q: %d queries, %v", try, n, a.Header)
		}
	}
	for _, try := range [][3]string{
		{"ada", passphrase, "INVALID_EMAIL"},
		{"ada@example.com' OR '1'='1", passphrase, "INVALID_EMAIL"},
		{"ada@example.com", strings.Repeat("x", 129), "PASSWORD_TOO_LONG"},
		{"nobody@example.com", strings.Repeat("x", 1<<20), "PASSWORD_TOO_LONG"},
	} {
		_, a := s.signIn(try[0], try[1])
		a.refused(t, try[0], http.StatusBadRequest, try[2])
	}
}

func TestSignInUnverified(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"once": false, "again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, func(c *config.Auth) { requireVerified(c); c.VerifyOnSignIn = again })
			s.browser().post("/sign-up/email", fields{"name": "Ada", "email": "ada@example.com", "password": passphrase})
			b := s.browser()
			a := b.post("/sign-in/email", fields{"email": "ada@example.com", "password": passphrase, "callbackURL": "/in"})
			a.refused(t, "unverified", http.StatusForbidden, "EMAIL_NOT_VERIFIED")
			_, a = s.signIn("ada@example.com", "wrong password")
			a.refused(t, "wrong password", http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
			if len(a.Header["Set-Cookie"]) > 0 {
				t.Errorf("a session began: %v", a.Header)
			}
			want := 1
			if again {
				want = 2
			}
			m := s.mail("ada@example.com", want)
			link := m.url
			if again && !strings.HasSuffix(link, "&callbackURL=%2Fin") {
				t.Errorf("the link is %s", link)
			}
			b.open(link)
			if _, a := s.signIn("ada@example.com", passphrase); a.StatusCode != http.StatusOK {
				t.Errorf("verified: %d %s", a.StatusCode, a.body)
			}
		})
	}
}
