package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchyard/functions/pages/account"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a site with the page, and a browser in which Ada is signed in.
func open(t *testing.T, settings map[string]string) (*fronttest.Site, *fronttest.Browser) {
	t.Helper()
	s := fronttest.New(t, settings)
	s.Add(account.Spec, account.Function{Auth: s.Auth, UI: s.UI})
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	return s, b
}

// signIn fails the test unless signing Ada in with this password has this status.
func signIn(t *testing.T, s *fronttest.Site, password string, status int) {
	t.Helper()
	t.Helper()
	s.Browser(t).JSON("/sign-in/email", `{"email":"ada@example.com","password":"`+password+`"}`).Has(status)
}

func TestName(t *testing.T) {
	t.Parallel()
	s, b := open(t, nil)
	s.Browser(t).Get("/account").Leads("/sign-in")
	page := b.Get("/account")
	page.Has(http.StatusOK, `value="Ada"`, "not verified", "Password", "This service sends no mail")
	page.Submit("Save the name", "name= ").Has(http.StatusBadRequest, "Enter your name", " autofocus")
	page.Submit("Save the name", "name=<b>Countess").Leads("/account?done=name")
	b.Get("/account?done=name").Has(http.StatusOK, "Your name is changed.", "<bdi>&lt;b&gt;Countess</bdi>")
	b.Get("/account?done=%3Cb%3Ex").Has(http.StatusOK)
	b.Post("/account", url.Values{"action": {"<script>"}}).Has(http.StatusBadRequest, "This page cannot do that.")
	b.Post("/account", nil).Has(http.StatusBadRequest, "This page cannot do that.")
}

func TestEmail(t *testing.T) {
	t.Parallel()
	s, b := open(t, fronttest.WithMail("AUTH_CONFIRM_EMAIL_CHANGE=on"))
	b.Get("/account").Submit("Send a mail that verifies it").Leads("/account?done=verify")
	if got := b.Get(s.Mailed(t, "ada@example.com")).Location; got != "/verify-email?done=verified&next=%2Faccount" {
		t.Errorf("the link leads to %s", got)
	}
	page := b.Get("/account")
	if page.Has(http.StatusOK, "verified"); strings.Contains(page.Body, "not verified") {
		t.Error("the address is not verified")
	}
	page.Submit("newEmail", "newEmail=ada").Has(http.StatusBadRequest, "Enter an e-mail address", `value="ada"`)
	page.Submit("newEmail", "newEmail=ada@example.com").Has(http.StatusBadRequest, "Email is the same")
	page.Submit("newEmail", "newEmail=countess@example.com").Leads("/account?done=mailed")
	b.Get("/account").Has(http.StatusOK, "<bdi>ada@example.com</bdi>")
	for _, to := range []string{"ada@example.com", "countess@example.com"} {
		if got := b.Get(s.Mailed(t, to)).Location; got != "/verify-email?done=changed" {
			t.Errorf("the link leads to %s", got)
		}
	}
	b.Get("/account").Has(http.StatusOK, "<bdi>countess@example.com</bdi>")
}

func TestPassword(t *testing.T) {
	t.Parallel()
	s, b := open(t, nil)
	other := s.Browser(t)
	other.JSON("/sign-in/email", `{"email":"ada@example.com","password":"`+fronttest.Password+`"}`).Has(http.StatusOK)
	page := b.Get("/account")
	const next = "newPassword=another horse battery"
	wrong := page.Submit("newPassword", "currentPassword=hunter2", next)
	if wrong.Has(http.StatusBadRequest, "This is not your password.", `aria-invalid="true"`); strings.Contains(wrong.Body, "hunter2") {
		t.Error("the password is shown again")
	}
	page.Submit("newPassword", "currentPassword="+fronttest.Password, "newPassword=pw").Has(http.StatusBadRequest, "at least 8 characters")
	page.Submit("newPassword", "currentPassword="+fronttest.Password, next).Leads("/account?done=password")
	other.Get("/account").Has(http.StatusOK)
	page.Submit("newPassword", "currentPassword=another horse battery", "newPassword=a third horse battery", "revoke=on").Leads("/account?done=everybody")
	b.Get("/account?done=everybody").Has(http.StatusOK, "signed out everywhere else")
	other.Get("/account").Leads("/sign-in")
	signIn(t, s, "a third horse battery", http.StatusOK)
	signIn(t, s, fronttest.Password, http.StatusUnauthorized)
}

func TestLogins(t *testing.T) {
	t.Parallel()
	s, b := open(t, map[string]string{"GITHUB_CLIENT_ID": "id", "GITHUB_CLIENT_SECRET": "secret"})
	page := b.Get("/account")
	page.Has(http.StatusOK, "Link GitHub")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, " https://github.com;") {
		t.Errorf("the browser would not go there: %s", policy)
	}
	if p := page.Submit("Link GitHub"); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "https://github.com/login/oauth/authorize?") {
		t.Errorf("%d to %s", p.Status, p.Location)
	}
	b.Get("/account?error=email_does_not_match").Has(http.StatusOK, "has another e-mail address than yours")
	b.Post("/account", url.Values{"action": {"link"}, "provider": {"myspace"}}).Has(http.StatusNotFound, "Nobody can sign in with this provider here.")
	b.Post("/account", url.Values{"action": {"unlink"}, "id": {"x"}}).Has(http.StatusBadRequest, "the only way")

	if _, err := s.DB.Exec(t.Context(), `INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt") SELECT $1, $2, $3, id, now() FROM "user"`,
		"row", "42", "github"); err != nil {
		t.Fatal(err)
	}
	page = b.Get("/account")
	if strings.Contains(page.Body, "Link GitHub") {
		t.Error("it can be linked twice")
	}
	if _, err := s.DB.Exec(t.Context(), `UPDATE session SET "createdAt" = now() - interval '2 days'`); err != nil {
		t.Fatal(err)
	}
	page.Submit("Unlink").Has(http.StatusForbidden, "You signed in more than a day ago.", `href="/sign-in?next=%2Faccount"`)
	if _, err := s.DB.Exec(t.Context(), `UPDATE session SET "createdAt" = now()`); err != nil {
		t.Fatal(err)
	}
	page.Submit("Unlink").Leads("/account?done=unlinked")
	b.Get("/account").Has(http.StatusOK, "Link GitHub")
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s, b := open(t, nil)
	page := b.Get("/account")
	page.Submit("Delete my account", "password=").Has(http.StatusBadRequest, "Enter your password")
	page.Submit("Delete my account", "password=hunter2").Has(http.StatusBadRequest, "This is not your password.")
	signIn(t, s, fronttest.Password, http.StatusOK)
	gone := page.Submit("Delete my account", "password="+fronttest.Password).Leads("/goodbye")
	if gone.Header.Get("Clear-Site-Data") == "" {
		t.Error("what pages have stored stays")
	}
	b.Get("/account").Leads("/sign-in")
	signIn(t, s, fronttest.Password, http.StatusUnauthorized)
}

func TestDeleteByMail(t *testing.T) {
	t.Parallel()
	s, b := open(t, fronttest.WithMail("AUTH_CONFIRM_DELETE=on"))
	b.Get("/account").Submit("Delete my account", "password="+fronttest.Password).Leads("/account?done=delete")
	b.Get("/account?done=delete").Has(http.StatusOK, "A mail is on its way.")
	if got := b.Get(s.Mailed(t, "ada@example.com")).Location; got != "/goodbye" {
		t.Errorf("the link leads to %s", got)
	}
	b.Get("/account").Leads("/sign-in")
}

func TestWithoutPassword(t *testing.T) {
	t.Parallel()
	s, b := open(t, fronttest.WithMail())
	if _, err := s.DB.Exec(t.Context(), `UPDATE account SET "providerId" = $1`, "github"); err != nil {
		t.Fatal(err)
	}
	page := b.Get("/account")
	page.Has(http.StatusOK, "You have no password yet.", `href="/forgot-password"`)
	if _, err := s.DB.Exec(t.Context(), `UPDATE session SET "createdAt" = now() - interval '2 days'`); err != nil {
		t.Fatal(err)
	}
	page.Submit("Delete my account").Has(http.StatusBadRequest, "You signed in more than a day ago.", `href="/sign-in?next=%2Faccount"`)
}
