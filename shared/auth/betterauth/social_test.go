package betterauth_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
)

func TestSocialSignUp(t *testing.T) {
	t.Parallel()
	for name, scopes := range map[string]string{"github": "read:user,user:email,repo", "google": "email,profile,openid,repo"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := startSocial(t)
			b := s.browser()
			a := b.begin(name, fields{"newUserCallbackURL": "/welcome", "scopes": []string{"repo"}}).finish()
			a.leads(t, "signing up", "/welcome")
			if !strings.HasPrefix(a.cookie(stateName), "; Max-Age=0") || !strings.Contains(a.cookie(tokenCookie), "; Max-Age=604800;") {
				t.Errorf("the cookies are %v", a.Header)
			}
			same(t, "who is signed in", b.who(), "ada@example.com")
			same(t, "the user", s.text(`SELECT name || ' ' || "emailVerified" || ' ' || image FROM "user"`), "Ada true https://pictures.example/7")
			same(t, "states left", s.count(`SELECT count(*) FROM verification`), 0)
			first := s.linked()
			if len(first) != 1 || first[0].AccountID != "7" || *first[0].Scope != scopes || *first[0].Refresh == "" ||
				first[0].AccessTokenExpiresAt == nil || !first[0].RefreshTokenExpiresAt.After(*first[0].AccessTokenExpiresAt) {
				t.Fatalf("the accounts are %+v", first)
			}

			p.is(someone{7, "Another name", "moved@example.com", false})
			again := s.browser().begin(name, fields{"newUserCallbackURL": "/welcome"})
			again.finish().leads(t, "signing in", "/home?a=b")
			same(t, "who is signed in again", again.who(), "ada@example.com")
			now := s.linked()
			if len(now) != 1 || now[0].UserID != first[0].UserID || *now[0].Access == *first[0].Access || *now[0].Scope != scopes {
				t.Errorf("the accounts are %+v, were %+v", now, first)
			}
			same(t, "the user again", s.text(`SELECT name || ' ' || email FROM "user"`), "Ada ada@example.com")
		})
	}
}

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	more := fields{
		"loginHint": "ada", "scopes": []string{"repo"}, "additionalParams": map[string]string{"prompt": "consent", "include_granted_scopes": "false"},
	}
	want := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "login_hint": {"ada"}, "prompt": {"consent"},
		"include_granted_scopes": {"false"}, "code_challenge_method": {"S256"},
		"redirect_uri": {shop + "/api/auth/callback/google"}, "scope": {"email profile openid repo"},
	}
	q := s.browser().begin("google", more).to.Query()
	if len(q.Get("state")) != 32 || len(q.Get("code_challenge")) != 43 {
		t.Errorf("%v", q)
	}
	delete(q, "state")
	delete(q, "code_challenge")
	if !maps.EqualFunc(q, want, slices.Equal) {
		t.Errorf("%v, want %v", q, want)
	}
	if q := s.browser().begin("google", nil).to.Query(); q.Get("include_granted_scopes") != "true" || q.Has("login_hint") {
		t.Errorf("%v", q)
	}

	a := s.browser().post("/sign-in/social", fields{"provider": "github"})
	if !strings.Contains(a.body, `"redirect":true`) || a.Header.Get("Location") == "" || !strings.Contains(a.cookie(stateName), "; Max-Age=300;") {
		t.Errorf("%v %s", a.Header, a.body)
	}
	a = s.browser().post("/sign-in/social", fields{"provider": "github", "disableRedirect": true})
	if !strings.Contains(a.body, `"redirect":false`) || a.Header.Get("Location") != "" {
		t.Errorf("%v %s", a.Header, a.body)
	}
}

func TestSocialRefusals(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	tests := map[string]struct {
		body   map[string]any
		status int
		code   string
	}{
		"an unknown provider":   {fields{"provider": "apple"}, 404, "PROVIDER_NOT_FOUND"},
		"no provider":           {fields{}, 400, "VALIDATION_ERROR"},
		"a reserved parameter":  {fields{"provider": "github", "additionalParams": fields{"state": "x"}}, 400, "VALIDATION_ERROR"},
		"a parameter of a kind": {fields{"provider": "github", "additionalParams": fields{"a": 1}}, 400, "VALIDATION_ERROR"},
		"a scope of a kind":     {fields{"provider": "github", "scopes": []any{1}}, 400, "VALIDATION_ERROR"},
		"an id token":           {fields{"provider": "github", "idToken": fields{"token": "x"}}, 404, "ID_TOKEN_NOT_SUPPORTED"},
		"another place":         {fields{"provider": "github", "callbackURL": "https://evil.example"}, 403, "INVALID_CALLBACK_URL"},
		"another place, of new": {fields{"provider": "github", "newUserCallbackURL": "//evil.example"}, 403, "INVALID_NEW_USER_CALLBACK_URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.browser().post("/sign-in/social", test.body).refused(t, name, test.status, test.code)
		})
	}

	off := start(t, nil)
	off.browser().post("/sign-in/social", fields{"provider": "github"}).refused(t, "a provider that is off", 404, "PROVIDER_NOT_FOUND")
}

func TestSocialKnownAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ here, there, linked bool }{
		"verified on both sides": {true, true, true},
		"verified here":          {true, false, false},
		"verified there":         {false, true, false}, // somebody may have signed up with it to lie in wait
		"verified nowhere":       {false, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := startSocial(t)
			s.addUser("local", "ada@example.com", test.here)
			who := ada()
			who.verified = test.there
			p.is(who)
			a := s.browser().begin("github", fields{"newUserCallbackURL": "/welcome"}).finish()
			accounts := s.linked()
			if !test.linked {
				a.fails(t, name, "account_not_linked")
				if len(accounts) != 0 {
					t.Errorf("the accounts are %+v", accounts)
				}
				return
			}
			a.leads(t, name, "/home?a=b")
			if len(accounts) != 1 || accounts[0].UserID != "local" || *accounts[0].Scope != "read:user,user:email" {
				t.Errorf("the accounts are %+v", accounts)
			}
		})
	}
}

// An address that its owner confirms to a provider is confirmed here.
func TestSocialVerifies(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t)
	for _, verified := range []bool{false, true} {
		who := ada()
		who.verified = verified
		p.is(who)
		s.browser().begin("google", nil).finish().leads(t, "signing in", "/home?a=b")
		same(t, "verified", s.text(`SELECT "emailVerified"::text FROM "user"`), strconv.FormatBool(verified))
	}
}

func TestSocialNeedsVerifiedEmail(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t, requireVerified, func(c *config.Auth) { c.VerifyOnSignIn = true })
	who := ada()
	who.verified = false
	p.is(who)
	b := s.browser()
	b.begin("google", nil).finish().fails(t, "signing up", "email_not_verified")
	s.mail("ada@example.com", 1)
	b.begin("google", nil).finish().fails(t, "signing in", "email_not_verified")
	b.open(s.mail("ada@example.com", 2).url).leads(t, "the mail", "/home?a=b")
	b.begin("google", nil).finish().leads(t, "verified", "/home?a=b")
	same(t, "users", s.count(`SELECT count(*) FROM "user"`), 1)
}

// outcomes counts where trips end that end at once.
func outcomes(n int, end func(i int) answer) map[string]int {
	ends := make(chan string, n)
	atOnce(n, func(i int) answer {
		a := end(i)
		ends <- a.Header.Get("Location")
		return a
	})
	close(ends)
	counts := map[string]int{}
	for end := range ends {
		counts[end]++
	}
	return counts
}

func TestSocialAtOnce(t *testing.T) {
	t.Parallel()
	const times = 6
	t.Run("one state", func(t *testing.T) {
		t.Parallel()
		s, _ := startSocial(t)
		x := s.browser().begin("github", nil)
		back := x.agree()
		got := outcomes(times, func(int) answer { return x.copied().open(back) })
		if got["/home?a=b"] != 1 || got["/oops?x=1&error=state_mismatch#end"]+got[shop+"/api/auth/error?error=state_mismatch"] != times-1 {
			t.Errorf("they end at %v", got)
		}
	})
	for name, providers := range map[string][]string{"one account": {"github"}, "one person": {"github", "google"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := startSocial(t)
			var trips []*trip
			var backs []string
			for i := range times {
				x := s.browser().begin(providers[i%len(providers)], nil)
				trips, backs = append(trips, x), append(backs, x.agree())
			}
			same(t, "ends", outcomes(times, func(i int) answer { return trips[i].open(backs[i]) }), map[string]int{"/home?a=b": times})
			same(t, "users", s.count(`SELECT count(*) FROM "user"`), 1)
			same(t, "accounts", len(s.linked()), len(providers))
			same(t, "sessions", s.count(`SELECT count(*) FROM session`), times)
		})
	}
}

// A Node server may have begun a flow, or may end it.
func TestSocialWithNode(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	x := s.browser().begin("github", fields{
		"requestSignUp": true, "newUserCallbackURL": "/welcome",
		"additionalData": fields{
			"theme": fields{"dark": true},
			"link":  fields{"userId": "victim", "email": "v@example.com"}, "serverContext": 1, "codeVerifier": "mine", "expiresAt": 1,
		},
	})
	row := answer{body: s.text(`SELECT value FROM verification WHERE identifier = $1`, "auth-state:"+x.state())}.object(t)
	verifier, _ := row["codeVerifier"].(string)
	expires, _ := row["expiresAt"].(float64)
	if left := time.Until(time.UnixMilli(int64(expires))); len(verifier) != 128 || left <= 9*time.Minute || left > 10*time.Minute {
		t.Errorf("the row is %v", row)
	}
	delete(row, "codeVerifier")
	delete(row, "expiresAt")
	same(t, "the row", row, fields{
		"callbackURL": "/home?a=b", "errorURL": "/oops?x=1#end", "newUserURL": "/welcome", "oauthState": x.state(),
		"requestSignUp": true, "theme": map[string]any{"dark": true},
	})

	// As Node writes it: another order of keys, and keys that mean nothing here.
	s.exec(`UPDATE verification SET value = $2 WHERE identifier = $1`, "auth-state:"+x.state(), fmt.Sprintf(
		`{"theme":1,"callbackURL":"http://shop.example","codeVerifier":%q,"serverContext":{"a":"b"},"expiresAt":%.0f,"requestSignUp":false,"oauthState":%q}`,
		verifier, expires, x.state()))
	x.finish().leads(t, "a flow of Node's", shop)
}

func TestSocialForm(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	const there = "/api/auth/callback/github"
	s.send("POST", there+"?state=s%262", "code=a+b&state=ignored&user=%7B%7D&other=x", "Content-Type", "application/x-www-form-urlencoded").
		leads(t, "a form", shop+there+"?code=a+b&state=s%262&user=%7B%7D")
	s.send("POST", there, `{"error":"access_denied"}`).leads(t, "JSON", shop+there+"?error=access_denied")
	s.send("GET", there+"?code=a&code=b", "").refused(t, "a code twice", 400, "VALIDATION_ERROR")
}

// What a provider says of somebody is bounded as what one says of oneself.
func TestSocialLongNames(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t)
	user, err := json.Marshal(fields{"id": 7, "name": strings.Repeat("😀", 300), "email": "ada@example.com", "avatar_url": "https://" + strings.Repeat("x", 2041)})
	if err != nil {
		t.Fatal(err)
	}
	p.answers("/api/user", says(string(user)))
	s.browser().begin("github", nil).finish()
	same(t, "name", s.text(`SELECT name FROM "user"`), strings.Repeat("😀", 100))
	same(t, "images", s.count(`SELECT count(image) FROM "user"`), 0)
}
