package sessions_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchyard/functions/pages/sessions"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const signIn = `{"email":"ada@example.com","password":"` + fronttest.Password + `"}`

// open returns a site with the page, and a browser in which Ada is signed in.
func open(t *testing.T) (*fronttest.Site, *fronttest.Browser) {
	t.Helper()
	s := fronttest.New(t, nil)
	s.Add(sessions.Spec, sessions.Function{Auth: s.Auth, UI: s.UI})
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	return s, b
}

func TestOne(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	s.Browser(t).Get("/account/sessions").Leads("/sign-in")
	page := b.Get("/account/sessions")
	page.Has(http.StatusOK, "Firefox on Linux", "this one", "192.0.2.1")
	if strings.Contains(page.Body, "Sign out everywhere else") {
		t.Error("there is nothing else")
	}
	other := s.Browser(t)
	other.Agent = `"><script>alert(1)</script> curl/8`
	other.JSON("/sign-in/email", signIn).Has(http.StatusOK)
	page = b.Get("/account/sessions")
	page.Has(http.StatusOK, "&lt;script&gt;alert(1)", "curl")
	var token string
	if err := s.DB.QueryRow(t.Context(), `SELECT string_agg(token, $1) FROM session`, " ").Scan(&token); err != nil {
		t.Fatal(err)
	}
	for secret := range strings.FieldsSeq(token) {
		if strings.Contains(page.Body, secret) {
			t.Error("the page has what signs people in")
		}
	}
	page.Submit("curl").Leads("/account/sessions?done=one")
	other.Get("/account/sessions").Leads("/sign-in")
	page.Submit("curl").Leads("/account/sessions?done=one")
	b.Get("/account/sessions?done=one").Has(http.StatusOK, "That session has ended.", "this one")
	b.Post("/account/sessions", url.Values{"action": {"all"}}).Has(http.StatusBadRequest, "This page cannot do that.")
}

func TestSomebodyElses(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	eve := s.Browser(t)
	eve.SignUp("eve@example.com")
	var id string
	if err := s.DB.QueryRow(t.Context(), `SELECT s.id FROM session s JOIN "user" u ON u.id = s."userId" WHERE u.email = $1`, "ada@example.com").Scan(&id); err != nil {
		t.Fatal(err)
	}
	eve.Post("/account/sessions", url.Values{"action": {"one"}, "id": {id}}).Leads("/account/sessions?done=one")
	b.Get("/account/sessions").Has(http.StatusOK, "this one")
}

func TestOthers(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	var others []*fronttest.Browser
	for range 2 {
		other := s.Browser(t)
		other.JSON("/sign-in/email", signIn).Has(http.StatusOK)
		others = append(others, other)
	}
	b.Get("/account/sessions").Submit("Sign out everywhere else").Leads("/account/sessions?done=others")
	for _, other := range others {
		other.Get("/account/sessions").Leads("/sign-in")
	}
	b.Get("/account/sessions?done=others").Has(http.StatusOK, "You are signed out everywhere else.", "this one")
}

func TestStale(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	if _, err := s.DB.Exec(t.Context(), `UPDATE session SET "createdAt" = now() - make_interval(days => 2)`); err != nil {
		t.Fatal(err)
	}
	b.Get("/account/sessions").Has(http.StatusForbidden, "You signed in more than a day ago.", `href="/sign-in?next=%2Faccount%2Fsessions"`)
}
