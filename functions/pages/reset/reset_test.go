package reset_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/functions/pages/reset"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a site with the page, and where the mail leads that Ada has asked for.
func open(t *testing.T) (s *fronttest.Site, path string) {
	t.Helper()
	s = fronttest.New(t, fronttest.WithMail())
	s.Add(reset.Spec, reset.Function{Auth: s.Auth, UI: s.UI})
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	b.JSON("/request-password-reset", `{"email":"ada@example.com","redirectTo":"/reset-password"}`).Has(http.StatusOK)
	return s, strings.TrimPrefix(b.Get(s.Mailed(t, "ada@example.com")).Location, fronttest.Origin)
}

func TestReset(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	b := s.Browser(t)
	page := b.Get(path)
	page.Has(http.StatusOK, `autocomplete="new-password"`)
	page.Submit("newPassword", "newPassword=short").Has(http.StatusBadRequest, "at least 8 characters").
		Submit("newPassword", "newPassword=another horse battery").Leads("/sign-in?done=reset")
	page.Submit("newPassword", "newPassword=a third horse battery").Has(http.StatusBadRequest, "This link does not work", `href="/forgot-password"`)
	b.JSON("/sign-in/email", `{"email":"ada@example.com","password":"another horse battery"}`).Has(http.StatusOK)
}

func TestBadLinks(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, path := range []string{"/reset-password", "/reset-password?error=INVALID_TOKEN", "/reset-password?token=x&error=INVALID_TOKEN"} {
		p := s.Browser(t).Get(path)
		p.Has(http.StatusBadRequest, "This link does not work", `href="/forgot-password"`)
		if strings.Contains(p.Body, "newPassword") {
			t.Errorf("%s: there is a form nevertheless", path)
		}
	}
	s.Browser(t).Get(`/reset-password?token=%22%3E%3Cscript%3E`).
		Submit("newPassword", "newPassword="+fronttest.Password).Has(http.StatusBadRequest, "This link does not work")
}
