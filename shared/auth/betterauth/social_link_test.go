package betterauth_test

import (
	"net/http"
	"strings"
	"testing"
)

func (b *browser) link(provider string, more fields) *trip {
	b.t.Helper()
	return b.setOut("/link-social", provider, more)
}

func TestLinkSocial(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	b := s.addUser("local", "ada@example.com", false) // which would not do for signing in
	a := b.link("github", nil).finish()
	a.leads(t, "linking", "/home?a=b")
	if a.cookie(tokenCookie) != "" {
		t.Error("linking begins a session")
	}
	accounts := s.linked()
	if len(accounts) != 1 || accounts[0].UserID != "local" || accounts[0].AccountID != "7" || *accounts[0].Scope != "read:user,user:email" {
		t.Fatalf("the accounts are %+v", accounts)
	}
	b.link("github", fields{"scopes": []string{"repo", "read:user"}}).finish().leads(t, "for more", "/home?a=b")
	more := s.linked()
	if len(more) != 1 || more[0].ID != accounts[0].ID || *more[0].Scope != "read:user,user:email,repo" || *more[0].Access == *accounts[0].Access {
		t.Errorf("the accounts are %+v, were %+v", more, accounts)
	}
	b.link("google", nil).finish().leads(t, "another provider", "/home?a=b")
	same(t, "accounts", len(s.linked()), 2)

	s.browser().post("/link-social", fields{"provider": "github"}).refused(t, "signed out", 401, "UNAUTHORIZED")
	s.browser().post("/link-social", fields{}).refused(t, "the body before the session", 400, "VALIDATION_ERROR")
	b.post("/link-social", fields{"provider": "apple"}).refused(t, "an unknown provider", 404, "PROVIDER_NOT_FOUND")
}

func TestLinkSocialRefused(t *testing.T) {
	t.Parallel()
	unverified := ada()
	unverified.verified = false
	noEmail := ada()
	noEmail.email = ""
	const cannot = "unable_to_link_account"
	tests := map[string]struct {
		who    someone
		before func(s *server, x *trip) // the provider answers
		code   string
	}{
		"verified by nobody": {unverified, nil, cannot},
		"another address":    {someone{8, "Eve", "eve@example.com", true}, nil, "email_does_not_match"},
		"no address":         {noEmail, nil, "email_does_not_match"},
		"signed out meanwhile": {ada(), func(s *server, _ *trip) {
			s.exec(`DELETE FROM session`)
		}, cannot},
		"expired meanwhile": {ada(), func(s *server, _ *trip) {
			s.exec(`UPDATE session SET "expiresAt" = now() - interval '1 second'`)
		}, cannot},
		"deleted meanwhile": {ada(), func(s *server, _ *trip) {
			s.exec(`DELETE FROM "user"`)
		}, cannot},
		"another's session": {ada(), func(s *server, _ *trip) {
			s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('eve', 'Eve', 'eve@example.com', true)`)
			s.exec(`UPDATE session SET "userId" = 'eve'`)
		}, cannot},
		"a token that was changed": {ada(), func(s *server, x *trip) {
			s.change(x, `jsonb_set(value::jsonb, '{link,encryptedSessionToken}', '"00"')`)
		}, cannot},
		"an old flow, of nobody": {ada(), func(s *server, x *trip) {
			s.change(x, `value::jsonb #- '{link,encryptedSessionToken}'`)
			s.exec(`DELETE FROM "user"`)
		}, cannot},
		"linked to another user": {ada(), func(s *server, _ *trip) {
			s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('eve', 'Eve', 'eve@example.com', true)`)
			s.exec(`INSERT INTO account (id, "providerId", "accountId", "userId", "updatedAt") VALUES ('a', 'google', '7', 'eve', now())`)
		}, "account_already_linked_to_different_user"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := startSocial(t)
			p.is(test.who)
			x := s.addUser("local", "ada@example.com", true).link("google", nil)
			back := x.agree()
			if test.before != nil {
				test.before(s, x)
			}
			x.open(back).fails(t, name, test.code)
			same(t, "accounts", s.count(`SELECT count(*) FROM account WHERE "userId" = 'local'`), 0)
		})
	}
}

// change changes what is known of a flow.
func (s *server) change(x *trip, value string) {
	s.t.Helper()
	s.exec(`UPDATE verification SET value = (`+value+`)::text WHERE identifier = $1`, "auth-state:"+x.state())
}

func TestLinkSocialOfOld(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	x := s.addUser("local", "ada@example.com", true).link("github", nil)
	s.change(x, `value::jsonb #- '{link,encryptedSessionToken}'`)
	x.finish().leads(t, "without a session in it", "/home?a=b")
	same(t, "accounts", len(s.linked()), 1)
}

func TestLinkSocialAtOnce(t *testing.T) {
	t.Parallel()
	const times = 6
	s, _ := startSocial(t)
	b := s.addUser("local", "ada@example.com", true)
	var trips []*trip
	var backs []string
	for range times {
		x := b.link("github", nil).copied()
		trips, backs = append(trips, x), append(backs, x.agree())
	}
	same(t, "ends", outcomes(times, func(i int) answer { return trips[i].open(backs[i]) }), map[string]int{"/home?a=b": times})
	same(t, "accounts", len(s.linked()), 1)
}

func TestLinkByIDToken(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t)
	b := s.addUser("local", "ada@example.com", true)
	token := func(change map[string]any) fields {
		return fields{"provider": "google", "idToken": fields{"token": p.idToken(change), "accessToken": "a", "refreshToken": "r"}}
	}
	b.post("/link-social", token(fields{"email_verified": false})).refused(t, "unverified", 401, "LINKING_NOT_ALLOWED")
	b.post("/link-social", token(fields{"email": "x@example.com"})).refused(t, "another address", 401, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED")
	b.post("/link-social", token(fields{"email": nil})).refused(t, "no address", 401, "USER_EMAIL_NOT_FOUND")
	b.post("/link-social", token(fields{"aud": "x"})).refused(t, "not for us", 401, "INVALID_TOKEN")
	for range 2 {
		a := b.post("/link-social", token(nil))
		if a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"status":true`) || !strings.Contains(a.body, `"redirect":false`) {
			t.Errorf("%d %s", a.StatusCode, a.body)
		}
	}
	accounts := s.linked()
	if len(accounts) != 1 || accounts[0].Scope != nil || *accounts[0].Access != "a" || *accounts[0].Refresh != "r" {
		t.Errorf("the accounts are %+v", accounts)
	}
	other := s.addUser("other", "other@example.com", true)
	other.post("/link-social", token(nil)).refused(t, "another's", 409, "SOCIAL_ACCOUNT_ALREADY_LINKED")
}
