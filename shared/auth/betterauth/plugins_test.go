package betterauth_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/shared/config"
)

// plug adds the columns that Better Auth 1.7 makes for its plugins "two-factor" and
// "admin": its own SQL. The server runs already, and has asked for users before.
func (s *server) plug() {
	s.t.Helper()
	s.exec(`alter table "user" add column "twoFactorEnabled" boolean, add column "role" text, add column "banned" boolean,
		add column "banReason" text, add column "banExpires" timestamptz`)
}

// standings returns values of the plugins' columns, and the code that a user who has them
// is kept out with; "" if the user may sign in.
func standings() map[string]struct{ set, code string } {
	return map[string]struct{ set, code string }{
		"neither":                    {`"twoFactorEnabled" = false, banned = false`, ""},
		"nobody asked":               {`"twoFactorEnabled" = NULL, banned = NULL`, ""},
		"banned":                     {`banned = true`, "BANNED_USER"},
		"banned for a while":         {`banned = true, "banExpires" = now() + interval '1 hour'`, "BANNED_USER"},
		"banned before":              {`banned = true, "banExpires" = now() - interval '1 second'`, ""},
		"two factors":                {`"twoFactorEnabled" = true`, "TWO_FACTOR_REQUIRED"},
		"two factors, banned":        {`"twoFactorEnabled" = true, banned = true`, "BANNED_USER"},
		"two factors, banned before": {`"twoFactorEnabled" = true, banned = true, "banExpires" = '2020-01-01'`, "TWO_FACTOR_REQUIRED"},
	}
}

// TestKeptOut signs in, in every way, whom a plugin that is not served would ask for more
// or send away.
func TestKeptOut(t *testing.T) {
	t.Parallel()
	for name, tt := range standings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := startSocial(t, withMail, func(c *config.Auth) { c.SignInAfterVerification = true })
			s.signUp("ada@example.com")
			s.plug()
			s.signUp("bob@example.com") // with the columns there, and nothing in them
			s.exec(`DELETE FROM session; UPDATE "user" SET "emailVerified" = true, ` + tt.set + ` WHERE email = 'ada@example.com'`)
			link := func() string {
				s.exec(`UPDATE "user" SET "emailVerified" = false WHERE email = 'ada@example.com'`)
				s.exec(`DELETE FROM mail`)
				s.browser().post("/send-verification-email", fields{"email": "ada@example.com"}).says(t, "send", statusTrue)
				return strings.Replace(s.mail("ada@example.com", 1).url, "&callbackURL=%2F", "", 1)
			}
			who := ada()
			who.verified = true
			p.is(who)
			ways := map[string]func() answer{
				"a wrong password": func() answer { _, a := s.signIn("ada@example.com", "not "+passphrase); return a },
				"the password":     func() answer { _, a := s.signIn("ada@example.com", passphrase); return a },
				"a provider":       func() answer { return s.browser().begin("github", nil).finish() },
				"an id token":      func() answer { return s.browser().idToken(p.idToken(nil), nil) },
				"a mailed link":    func() answer { return s.browser().open(link()) },
			}
			for _, way := range []string{"a wrong password", "the password", "a provider", "an id token", "a mailed link"} {
				a := ways[way]()
				in := a.cookie(tokenCookie) != ""
				switch {
				case way == "a wrong password": // learns nothing
					a.refused(t, way, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
				case tt.code == "":
					if !in {
						t.Errorf("%s: %d %v %s", way, a.StatusCode, a.Header, a.body)
					}
				case way == "a provider":
					if to := a.Header.Get("Location"); in || !strings.HasPrefix(to, "/oops?x=1&error="+tt.code+"&error_description=") {
						t.Errorf("%s: it leads to %s", way, to)
					}
				default:
					a.refused(t, way, http.StatusForbidden, tt.code)
				}
			}
			if !s.verified("ada@example.com") {
				t.Error("the link did not verify the address")
			}
			if tt.code != "" {
				same(t, "sessions", s.count(`SELECT count(*) FROM session`), 0)
				same(t, "linked accounts", len(s.linked()), 2) // the passwords
			}
		})
	}
}

// TestSessionOfTheBanned: a session ends when its user is banned. One that was begun with
// a second factor goes on, and can be replaced.
func TestSessionOfTheBanned(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	s.plug()
	s.exec(`UPDATE "user" SET "twoFactorEnabled" = true`)
	same(t, "who is signed in", b.who(), "ada@example.com")
	a := b.post("/change-password", fields{"currentPassword": passphrase, "newPassword": passphrase + "2", "revokeOtherSessions": true})
	if a.StatusCode != http.StatusOK || b.who() != "ada@example.com" {
		t.Errorf("a new password: %d %s", a.StatusCode, a.body)
	}
	before := s.queries.n.Load()
	b.who()
	same(t, "queries", s.queries.n.Load()-before, int64(1))

	s.exec(`UPDATE "user" SET banned = true`)
	a = b.do("GET", "/get-session", nil)
	if a.says(t, "get-session", "null"); !strings.Contains(a.cookie(tokenCookie), "Max-Age=0") {
		t.Errorf("the cookie stays: %v", a.Header)
	}
	same(t, "sessions", s.count(`SELECT count(*) FROM session`), 0)
	b.post("/update-user", fields{"name": "x"}).refused(t, "update-user", http.StatusUnauthorized, "UNAUTHORIZED")
}

// TestAccountsOfIssuers signs up in every way with the table account as Better Auth 1.7.0
// to 1.7.2 makes it, whose column issuer asks for a value: each as 1.7.1 fills it in.
func TestAccountsOfIssuers(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t, withMail)
	s.signUp("before@example.com")
	s.exec(`alter table "account" add column "issuer" text;
		update account set issuer = 'local:credential';
		alter table account alter issuer set not null;
		create unique index "account_issuer_accountId_uidx" on "account" ("issuer", "accountId")`)
	s.signUp("password@example.com")
	for _, provider := range []string{"github", "google"} {
		who := ada()
		who.email, who.verified = provider+"@example.com", true
		p.is(who)
		s.browser().begin(provider, nil).finish().leads(t, provider, "/home?a=b")
	}
	s.browser().post("/request-password-reset", fields{"email": "github@example.com", "redirectTo": "/"}).object(t)
	token := s.mail("github@example.com", 1).token
	s.browser().post("/reset-password", fields{"newPassword": passphrase, "token": token}).says(t, "reset", statusTrue)
	if _, a := s.signIn("github@example.com", passphrase); a.StatusCode != http.StatusOK {
		t.Errorf("after the reset: %d %s", a.StatusCode, a.body)
	}
	got := s.text(`SELECT string_agg(u.email || ' ' || a.issuer, ', ' ORDER BY u.email, a.issuer) FROM account a JOIN "user" u ON u.id = a."userId"`)
	same(t, "issuers", got, "before@example.com local:credential, github@example.com local:credential, "+
		"github@example.com local:oauth:github, google@example.com https://accounts.google.com, password@example.com local:credential")
}
