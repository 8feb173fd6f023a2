package betterauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
)

// member signs Ada up, whose address is verified.
func (s *server) member() *browser {
	s.t.Helper()
	b := s.signUp("ada@example.com")
	s.exec(`UPDATE "user" SET "emailVerified" = true WHERE email = $1`, "ada@example.com")
	return b
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	b := s.member()
	b.post("/change-email", fields{"newEmail": "New@example.com", "callbackURL": "/done"}).says(t, "ask", statusTrue)
	same(t, "mails to the old address", len(s.mails("ada@example.com")), 0)
	m := s.mail("new@example.com", 1)
	if want := shop + "/api/auth/verify-email?token=" + m.token + "&callbackURL=%2Fdone"; m.url != want {
		t.Errorf("the link is %s, want %s", m.url, want)
	}
	other := s.signUp("eve@example.com")
	other.open(m.url).leads(t, "somebody else", "/done?error=INVALID_USER")
	other.do("GET", "/verify-email?token="+m.token, nil).refused(t, "somebody else", 401, "INVALID_USER")
	a := b.do("GET", "/verify-email?token="+m.token, nil)
	user, _ := a.object(t)["user"].(map[string]any)
	if a.StatusCode != http.StatusOK || user["email"] != "new@example.com" || user["emailVerified"] != true || a.cookie(tokenCookie) == "" {
		t.Errorf("%d %v %s", a.StatusCode, a.Header, a.body)
	}
	if b.who() != "new@example.com" {
		t.Errorf("%q is signed in", b.who())
	}
	b.open(m.url).leads(t, "again", "/done?error=INVALID_TOKEN")
	s.browser().do("GET", "/verify-email?token="+m.token, nil).refused(t, "again", 401, "INVALID_TOKEN")
	_, a = s.signIn("ada@example.com", passphrase)
	a.refused(t, "the old address", 401, "INVALID_EMAIL_OR_PASSWORD")
	if _, a := s.signIn("new@example.com", passphrase); a.StatusCode != http.StatusOK {
		t.Errorf("the new address: %d %s", a.StatusCode, a.body)
	}
}

func TestChangeEmailRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	b := s.member()
	s.signUp("taken@example.com")
	a := b.post("/change-email", fields{"newEmail": "ADA@example.com"})
	if a.StatusCode != http.StatusBadRequest || a.body != `{"message":"Email is the same"}` {
		t.Errorf("the same: %d %s", a.StatusCode, a.body)
	}
	b.post("/change-email", fields{"newEmail": "x"}).refused(t, "no address", 400, "VALIDATION_ERROR")
	b.post("/change-email", fields{"newEmail": "a@b.cd", "callbackURL": "//evil.example"}).refused(t, "elsewhere", 403, "INVALID_CALLBACK_URL")
	s.browser().post("/change-email", fields{"newEmail": "a@b.cd"}).refused(t, "nobody", 401, "UNAUTHORIZED")
	b.post("/change-email", fields{"newEmail": "Taken@example.com"}).says(t, "taken", statusTrue)
	same(t, "mails", s.count(`SELECT count(*) FROM mail`), 0)

	b.post("/change-email", fields{"newEmail": "new@example.com"}).says(t, "ask", statusTrue)
	token := s.mail("new@example.com", 1).token
	s.signUp("new@example.com")
	b.do("GET", "/verify-email?token="+token, nil).refused(t, "taken since", 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
	b.do("GET", "/verify-email?callbackURL=/x&token="+token, nil).leads(t, "taken since", "/x?error=USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")

	id := s.text(`SELECT id FROM "user" WHERE email = 'ada@example.com'`)
	change := fields{"email": "ada@example.com", "updateTo": "b@example.com", "requestType": "change-email-verification", "userId": id}
	for name, test := range map[string]struct {
		field, value string
		life         time.Duration
		code         string
	}{
		"expired":     {"", "", -time.Second, "TOKEN_EXPIRED"},
		"no user":     {"userId", "", time.Hour, "INVALID_TOKEN"},
		"user gone":   {"userId", "gone", time.Hour, "USER_NOT_FOUND"},
		"old address": {"email", "before@example.com", time.Hour, "INVALID_TOKEN"},
		"of another":  {"email", "taken@example.com", time.Hour, "INVALID_TOKEN"},
	} {
		claims := fields{test.field: test.value}
		for name, value := range change {
			if name != test.field {
				claims[name] = value
			}
		}
		s.browser().do("GET", "/verify-email?token="+makeJWT(hs256, secret, claims, test.life), nil).refused(t, name, 401, test.code)
	}
	if b.who() != "ada@example.com" {
		t.Errorf("the address is %q", b.who())
	}
}

func TestChangeEmailWithoutMail(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.member()
	a := b.post("/change-email", fields{"newEmail": "new@example.com"})
	if a.StatusCode != http.StatusBadRequest || a.body != `{"message":"Verification email isn't enabled"}` {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestChangeEmailWithConfirmation(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { withMail(c); c.ConfirmEmailChange = true })
	b := s.member()
	b.post("/change-email", fields{"newEmail": "new@example.com", "callbackURL": "/done"}).says(t, "ask", statusTrue)
	same(t, "mails to the new address", len(s.mails("new@example.com")), 0)
	first := s.mail("ada@example.com", 1)
	s.browser().do("GET", "/verify-email?token="+first.token, nil).says(t, "confirm", statusTrue)
	same(t, "address", b.who(), "ada@example.com")
	if m := s.mail("new@example.com", 1); !strings.HasSuffix(m.url, "&callbackURL=%2F") {
		t.Errorf("the link is %s", m.url)
	}
	s.browser().open(first.url).leads(t, "confirm", "/done")
	second := s.mail("new@example.com", 2)
	if !strings.HasSuffix(second.url, "&callbackURL=%2Fdone") {
		t.Errorf("the link is %s", second.url)
	}
	b.open(second.url).leads(t, "verify", "/done")
	same(t, "address", b.who(), "new@example.com")
	s.browser().open(first.url).leads(t, "confirm again", "/done?error=INVALID_TOKEN")

	// Who has no verified address cannot be asked there.
	s.exec(`UPDATE "user" SET "emailVerified" = false`)
	b.post("/change-email", fields{"newEmail": "third@example.com"}).says(t, "unverified", statusTrue)
	s.browser().open(s.mail("third@example.com", 1).url).leads(t, "verify", "/")
	same(t, "address", b.who(), "third@example.com")
	same(t, "verified", s.verified("third@example.com"), false)
}

// Tokens of old versions, without a type: the address changes at once.
func TestChangeEmailOfOldVersions(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	b := s.member()
	id := s.text(`SELECT id FROM "user"`)
	token := makeJWT(hs256, secret, fields{"email": "ada@example.com", "updateTo": "New@example.com", "userId": id}, time.Hour)
	a := b.do("GET", "/verify-email?token="+token, nil)
	user, _ := a.object(t)["user"].(map[string]any)
	if a.StatusCode != http.StatusOK || user["email"] != "new@example.com" || user["emailVerified"] != false || a.cookie(tokenCookie) == "" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	b.open(s.mail("new@example.com", 1).url).leads(t, "verify", "/")
	same(t, "verified", s.verified("new@example.com"), true)
}

// Each of two links was good; only one can be the first.
func TestChangeEmailAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, withMail)
	b := s.member()
	var tokens []string
	for _, email := range []string{"one@example.com", "two@example.com", "three@example.com"} {
		b.post("/change-email", fields{"newEmail": email}).says(t, email, statusTrue)
		tokens = append(tokens, s.mail(email, 1).token)
	}
	counts := atOnce(6, func(i int) answer { return s.browser().do("GET", "/verify-email?token="+tokens[i%3], nil) })
	same(t, "at once", counts, map[string]int{"200": 1, "401 INVALID_TOKEN": 5})
}
