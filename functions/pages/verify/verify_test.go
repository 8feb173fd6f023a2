package verify_test

import (
	"net/http"
	"strings"
	"testing"

	"switchyard/functions/pages/verify"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a site with the page.
func open(t *testing.T, settings map[string]string) *fronttest.Site {
	t.Helper()
	s := fronttest.New(t, settings)
	s.Add(verify.Spec, verify.Function{Auth: s.Auth, UI: s.UI})
	return s
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s := open(t, fronttest.WithMail("AUTH_REQUIRE_VERIFIED_EMAIL=on"))
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	b.Get("/verify-email?done=signed-up&next=/files").Has(http.StatusOK, "One thing is left").
		Submit("email", "email=ada@example.com").Leads("/verify-email?done=sent&next=%2Ffiles")
	b.Get("/verify-email?done=sent").Has(http.StatusOK, "a mail is on its way")
	landed := b.Get(s.Mailed(t, "ada@example.com")).Location
	b.Get(landed).Has(http.StatusOK, "Your e-mail address is verified.", `href="/sign-in?next=%2Ffiles"`)
	b.JSON("/sign-in/email", `{"email":"ada@example.com","password":"`+fronttest.Password+`"}`).Has(http.StatusOK)
	b.Get(landed).Has(http.StatusOK, `href="/files"`)
	page := b.Get("/verify-email")
	page.Has(http.StatusOK, `value="ada@example.com"`)
	page.Submit("email").Has(http.StatusBadRequest, "verified already")
	page.Submit("email", "email=eve@example.com").Has(http.StatusBadRequest, "signed in with another e-mail address")
}

func TestBadLinks(t *testing.T) {
	t.Parallel()
	b := open(t, fronttest.WithMail()).Browser(t)
	p := b.Get("/api/auth/verify-email?token=bad&callbackURL=%2Fverify-email%3Fdone%3Dverified")
	b.Get(p.Location).Has(http.StatusBadRequest, "This link does not work", "Send the mail")
	b.Get("/verify-email?error=TOKEN_EXPIRED").Has(http.StatusBadRequest, "This link is too old")
	if got := b.Get("/verify-email?error=%3Cb%3ECall+555&next=//evil.example").Body; strings.Contains(got, "555") || strings.Contains(got, "evil") {
		t.Errorf("the page says what its address says: %s", got)
	}
}

func TestWithoutMail(t *testing.T) {
	t.Parallel()
	page := open(t, nil).Browser(t).Get("/verify-email")
	page.Has(http.StatusOK, "This service sends no mail")
	if strings.Contains(page.Body, `name="email"`) {
		t.Error("there is a form nevertheless")
	}
}
