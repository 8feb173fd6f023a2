package betterauth_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchyard/shared/config"
)

const errorPage = shop + "/api/auth/error?error="

func TestSocialState(t *testing.T) {
	t.Parallel()
	s, p := startSocial(t)
	const mismatch = "state_mismatch"

	x := s.browser().begin("github", nil)
	back := x.agree()
	s.browser().open(back).fails(t, "no cookie", mismatch)
	other := s.browser().begin("github", nil)
	other.open(back).fails(t, "the cookie of another flow", mismatch)
	forged := s.browser()
	forged.cookies[stateName] = x.state() + "." + strings.Repeat("A", 43) + "="
	forged.open(back).fails(t, "a forged cookie", mismatch)
	same(t, "what the provider was asked", p.asked("/github/login/oauth/access_token"), 0)
	replay := x.copied()
	x.open(back).leads(t, "after all that", "/home?a=b")
	replay.open(back).leads(t, "again", errorPage+mismatch)

	unknown := s.browser()
	unknown.cookies[stateName] = sign(secret, "unknown")
	unknown.open(shop+"/api/auth/callback/github?code=x&state=unknown").leads(t, "an unknown state", errorPage+mismatch)
	for _, q := range []string{"", "?code=x", "?code=x&state=", "?error=access_denied"} {
		s.browser().open(shop+"/api/auth/callback/github"+q).leads(t, "no state"+q, errorPage+"state_not_found")
	}
}

func TestSocialStateInTheTable(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	for change, leads := range map[string]string{
		`"expiresAt" = now() - interval '1 second'`:                        errorPage + "state_mismatch",
		`value = jsonb_set(value::jsonb, '{expiresAt}', '1')::text`:        "/oops?x=1&error=state_mismatch#end",
		`value = jsonb_set(value::jsonb, '{oauthState}', '"other"')::text`: "/oops?x=1&error=state_mismatch#end",
		`value = (value::jsonb - 'oauthState')::text`:                      "/home?a=b", // as old versions wrote it
		`value = (value::jsonb - 'codeVerifier')::text`:                    errorPage + "internal_server_error",
		`value = 'nonsense'`: errorPage + "internal_server_error",
		`value = jsonb_set(value::jsonb, '{codeVerifier}', '"another"')::text`:  "/oops?x=1&error=invalid_code#end",
		`value = jsonb_set(value::jsonb, '{errorURL}', '""', false)::text`:      "/home?a=b",
		`value = jsonb_set(value::jsonb, '{newUserURL}', '"/welcome"')::text`:   "/welcome",
		`value = jsonb_set(value::jsonb, '{callbackURL}', '"myapp://x"')::text`: "myapp://x",
	} {
		s.exec(`DELETE FROM "user"`)
		x := s.browser().begin("github", nil)
		back := x.agree()
		s.exec(`UPDATE verification SET `+change+` WHERE identifier = $1`, "auth-state:"+x.state())
		x.open(back).leads(t, change, leads)
	}
}

func TestSocialProviderSaysNo(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	here := shop + "/api/auth/callback/"
	for path, code := range map[string]string{
		"github?":                   "no_code",
		"github?code=":              "no_code",
		"github?error=denied%26x":   "denied%26x",
		"apple?code=x":              "oauth_provider_not_found",
		"%67ithub?code=x":           "oauth_provider_not_found",
		"github?code=made-up":       "invalid_code",
		"google?code=made-up":       "invalid_code",
		"github?code=%00":           "", // refused before the state is touched
		"google?error=a&code=worth": "a",
	} {
		x := s.browser().begin("github", nil)
		a := x.open(here + path + "&state=" + x.state())
		if code == "" {
			a.refused(t, path, 400, "VALIDATION_ERROR")
			continue
		}
		a.fails(t, path, code)
		x.open(here+path+"&state="+x.state()).leads(t, path+" again", errorPage+"state_mismatch")
	}
	x := s.browser().begin("google", nil)
	x.open(here+"google?error=access_denied&error_description=Not+now&state="+x.state()).
		leads(t, "a description", "/oops?x=1&error=access_denied&error_description=Not+now#end")
}

func TestSocialCodeReplayed(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t)
	first := s.browser().begin("github", nil)
	back := first.agree()
	first.open(back).leads(t, "a code", "/home?a=b")
	second := s.browser().begin("github", nil)
	second.open(strings.Replace(back, first.state(), second.state(), 1)).fails(t, "a code of another flow", "invalid_code")
	mallory, victim := s.browser().begin("github", nil), s.browser().begin("github", nil)
	victim.open(strings.Replace(mallory.agree(), mallory.state(), victim.state(), 1)).fails(t, "an injected code", "invalid_code")
}

func TestSocialWrongSecret(t *testing.T) {
	t.Parallel()
	s, _ := startSocial(t, func(c *config.Auth) { c.GoogleSecret = "wrong" })
	a := s.browser().begin("google", nil).finish()
	a.fails(t, "a wrong secret", "invalid_code")
	if text := fmt.Sprint(a.Header, a.body); strings.Contains(text, "wrong") {
		t.Errorf("the secret is in the answer: %s", text)
	}
}

// What a provider may answer, each instead of what it should.
func dead(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func broken(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, `{"access_token":"a"}`, http.StatusInternalServerError)
}

func html(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<h1>Unicorn!</h1>")
}

func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"access_token":"`)
	for range 1 << 14 {
		if _, err := io.WriteString(w, strings.Repeat("a", 1<<16)); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, `"}`)
}

func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	}
}

func TestSocialProviderFails(t *testing.T) {
	t.Parallel()
	const hub, code = "/github/login/oauth/access_token", "invalid_code"
	const who, nobody = "/api/user", "unable_to_get_user_info"
	tests := map[string]struct {
		provider, path string
		serve          http.HandlerFunc
		code           string
	}{
		"no tokens: dead":         {"github", hub, dead, code},
		"no tokens: broken":       {"github", hub, broken, code},
		"no tokens: html":         {"github", hub, html, code},
		"no tokens: endless":      {"github", hub, endless, code},
		"no tokens: silent":       {"github", hub, silent, code},
		"no tokens: an error":     {"github", hub, says(`{"error":"bad_verification_code","access_token":"a"}`), code},
		"no tokens: none":         {"github", hub, says(`{}`), code},
		"no tokens: a list":       {"github", hub, says(`[]`), code},
		"no user: dead":           {"github", who, dead, nobody},
		"no user: broken":         {"github", who, broken, nobody},
		"no user: html":           {"github", who, html, nobody},
		"no user: endless":        {"github", who, endless, nobody},
		"no user: silent":         {"github", who, silent, nobody},
		"no user: no id":          {"github", who, says(`{"login":"ada","email":"ada@example.com"}`), nobody},
		"no user: an empty id":    {"github", who, says(`{"id":null,"email":"ada@example.com"}`), nobody},
		"no user: null":           {"github", who, says(`null`), nobody},
		"no address":              {"github", "/api/user/emails", says(`[]`), "email_not_found"},
		"no addresses":            {"github", "/api/user/emails", dead, "email_not_found"},
		"google: no id token":     {"google", "/google/token", says(`{"access_token":"a"}`), nobody},
		"google: no such token":   {"google", "/google/token", says(`{"access_token":"a","id_token":"b.c.d"}`), nobody},
		"google: endless":         {"google", "/google/token", endless, code},
		"a zero byte":             {"github", who, says(`{"id":7,"name":"A\u0000","email":"ada@example.com"}`), "unable_to_create_user"},
		"a zero byte, in a token": {"github", hub, says(`{"access_token":"a\u0000"}`), nobody},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := startSocial(t)
			p.answers(test.path, test.serve)
			s.browser().begin(test.provider, nil).finish().fails(t, name, test.code)
			same(t, "users", s.count(`SELECT count(*) FROM "user"`), 0)
		})
	}
}

func TestSocialProviderLeadsAway(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/github/login/oauth/access_token", "/api/user", "/google/token"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s, p := startSocial(t)
			p.answers(path, http.RedirectHandler("/evil", http.StatusTemporaryRedirect).ServeHTTP)
			provider, _, _ := strings.Cut(strings.Replace(path, "/api", "/github", 1)[1:], "/")
			a := s.browser().begin(provider, nil).finish()
			if got := a.Header.Get("Location"); !strings.HasPrefix(got, "/oops?x=1&error=") || a.cookie(tokenCookie) != "" {
				t.Errorf("%d to %s", a.StatusCode, got)
			}
			same(t, "requests to the other place", p.asked("/evil"), 0)
		})
	}
}
