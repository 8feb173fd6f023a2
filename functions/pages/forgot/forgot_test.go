package forgot_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/functions/pages/forgot"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func open(t *testing.T, settings map[string]string) *fronttest.Site {
	t.Helper()
	s := fronttest.New(t, settings)
	s.Add(forgot.Spec, forgot.Function{Auth: s.Auth, UI: s.UI})
	return s
}

func TestForgot(t *testing.T) {
	t.Parallel()
	s := open(t, fronttest.WithMail())
	s.Browser(t).SignUp("ada@example.com")
	b := s.Browser(t)
	page := b.Get("/forgot-password")
	page.Has(http.StatusOK, `type="email"`)
	page.Submit("email", "email=ada").Has(http.StatusBadRequest, "Enter an e-mail address", `value="ada"`)
	for _, email := range []string{"nobody@example.com", "ada@example.com"} {
		page.Submit("email", "email="+email).Leads("/forgot-password?done=sent")
	}
	b.Get("/forgot-password?done=sent").Has(http.StatusOK, "If there is an account with this address")
	if link := s.Mailed(t, "ada@example.com"); !strings.HasSuffix(link, "?callbackURL=%2Freset-password") {
		t.Errorf("the mailed link: %s", link)
	}
}

func TestWithoutMail(t *testing.T) {
	t.Parallel()
	b := open(t, nil).Browser(t)
	page := b.Get("/forgot-password")
	page.Has(http.StatusOK, "This service sends no mail")
	if strings.Contains(page.Body, `name="email"`) {
		t.Error("there is a form nevertheless")
	}
	b.Post("/forgot-password", map[string][]string{"email": {"ada@example.com"}}).Has(http.StatusBadRequest, "This service sends no mail")
}
