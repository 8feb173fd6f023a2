package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchyard/functions/pages/signin"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a site with the page.
func open(t *testing.T, settings map[string]string) *fronttest.Site {
	t.Helper()
	s := fronttest.New(t, settings)
	s.Add(signin.Spec, signin.Function{Auth: s.Auth, UI: s.UI})
	return s
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.Browser(t).SignUp("ada@example.com")
	b := s.Browser(t)
	page := b.Get("/sign-in?next=%2Ffiles%3Fa%3Db%26c")
	page.Has(http.StatusOK, `autocomplete="username"`, `autocomplete="current-password"`, `/sign-up?next=%2Ffiles%3Fa%3Db%26c`)
	if strings.Contains(page.Body, "/forgot-password") {
		t.Error("it offers to mail, but no mail is sent")
	}
	wrong := page.Submit("password", "email=ada@example.com", "password=wrong-"+fronttest.Password)
	wrong.Has(http.StatusUnauthorized, "The e-mail address or the password is wrong.", `value="ada@example.com"`, `aria-invalid="true"`, " autofocus")
	if strings.Contains(wrong.Body, "wrong-") {
		t.Error("the password is shown again")
	}
	wrong.Submit("password", "email= ada@example.com ", "password="+fronttest.Password).Leads("/files?a=b&c")
	b.Get("/sign-in").Has(http.StatusOK, "You are signed in as <bdi>ada@example.com</bdi>", "Sign out")
}

func TestRemember(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.Browser(t).SignUp("ada@example.com")
	for remember, lasts := range map[string]bool{"on": true, "off": false} {
		p := s.Browser(t).Get("/sign-in").Submit("password", "email=ada@example.com", "password="+fronttest.Password, "remember="+remember).Leads("/")
		if got := strings.Contains(p.Header.Get("Set-Cookie"), "Max-Age="); got != lasts {
			t.Errorf("remember %s: %v", remember, p.Header["Set-Cookie"])
		}
	}
}

func TestNextIsHere(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.Browser(t).SignUp("ada@example.com")
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/%2fevil.example", "javascript:alert(1)", "sign-in", " "} {
		p := s.Browser(t).Get("/sign-in?" + url.Values{"next": {next}}.Encode())
		p.Has(http.StatusOK, `name="next" value="/"`)
		p.Submit("password", "email=ada@example.com", "password="+fronttest.Password, "next="+next).Leads("/")
	}
}

func TestUnverified(t *testing.T) {
	t.Parallel()
	s := open(t, fronttest.WithMail("AUTH_REQUIRE_VERIFIED_EMAIL=on", "AUTH_VERIFY_ON_SIGN_IN=on"))
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	page := b.Get("/sign-in?next=/files")
	page.Has(http.StatusOK, "/forgot-password")
	page.Submit("password", "email=ada@example.com", "password="+fronttest.Password).
		Has(http.StatusForbidden, "Verify your e-mail address", `href="/verify-email"`)
	if link := s.Mailed(t, "ada@example.com"); !strings.HasSuffix(link, url.QueryEscape("/verify-email?done=verified&next=%2Ffiles")) {
		t.Errorf("the mailed link: %s", link)
	}
}

func TestTooOften(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"AUTH_RATE_LIMIT": "on"}).Browser(t)
	page := b.Get("/sign-in")
	for range 3 {
		page.Submit("password", "email=ada@example.com", "password=x").Has(http.StatusUnauthorized)
	}
	p := page.Submit("password", "email=ada@example.com", "password=x")
	p.Has(http.StatusTooManyRequests, "That was too often. Try again in")
	if p.Header.Get("Retry-After") == "" {
		t.Error("the header does not say when to try again")
	}
}

func TestProvider(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"GITHUB_CLIENT_ID": "id", "GITHUB_CLIENT_SECRET": "secret"}).Browser(t)
	page := b.Get("/sign-in?next=/files")
	page.Has(http.StatusOK, "Continue with GitHub")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://github.com;") {
		t.Errorf("the browser would not go there: %s", policy)
	}
	p := page.Submit("Continue with GitHub")
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "https://github.com/login/oauth/authorize?") {
		t.Errorf("%d to %s", p.Status, p.Location)
	}
	b.Post("/sign-in", url.Values{"provider": {"myspace"}}).Has(http.StatusNotFound, "Nobody can sign in with this provider here.")
	b.Get("/sign-in?error=account_not_linked").Has(http.StatusOK, "There is an account with this e-mail address already.")
	if got := b.Get("/sign-in?error=%3Cb%3ECall+555").Body; strings.Contains(got, "555") {
		t.Error("the page says what its address says")
	}
}

// What ends on the first page, signed out, is explained here and not once more
// after signing in.
func TestFailedElsewhere(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.Browser(t).SignUp("ada@example.com")
	page := s.Browser(t).Get("/sign-in?next=%2F%3Ferror%3Dstate_mismatch%26error_description%3DCall%2B555")
	page.Has(http.StatusOK, "That took too long, or was begun in another browser.", `name="next" value="/"`)
	if strings.Contains(page.Body, "555") {
		t.Error("the page says what its address says")
	}
	page.Submit("password", "email=ada@example.com", "password="+fronttest.Password).Leads("/")
}

func TestFromElsewhere(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.Browser(t).SignUp("ada@example.com")
	b := s.Browser(t)
	b.Origin = "https://evil.example"
	b.Get("/sign-in").Submit("password", "email=ada@example.com", "password="+fronttest.Password).
		Has(http.StatusForbidden, "another site")
}
