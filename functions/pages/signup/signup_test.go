package signup_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchyard/functions/pages/signup"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a site with the page.
func open(t *testing.T, settings map[string]string) *fronttest.Site {
	t.Helper()
	s := fronttest.New(t, settings)
	s.Add(signup.Spec, signup.Function{Auth: s.Auth, UI: s.UI})
	return s
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	b := s.Browser(t)
	page := b.Get("/sign-up?next=/files")
	page.Has(http.StatusOK, `autocomplete="new-password"`, `autocomplete="name"`, `/sign-in?next=%2Ffiles`)
	tests := map[string]struct {
		name, email, password string
		status                int
		text                  string
	}{
		"no name":          {" ", "ada@example.com", fronttest.Password, 400, "Enter your name"},
		"no address":       {"Ada", "ada", fronttest.Password, 400, "Enter an e-mail address"},
		"a short password": {"Ada", "ada@example.com", "pw-1234", 400, "at least 8 characters"},
		"a long password":  {"Ada", "ada@example.com", strings.Repeat("long", 40), 400, "at most 128 characters"},
	}
	for name, tt := range tests {
		p := page.Submit("password", "name="+tt.name, "email="+tt.email, "password="+tt.password)
		p.Has(tt.status, tt.text, `aria-invalid="true"`, `name="next" value="/files"`)
		if strings.Contains(p.Body, tt.password) {
			t.Errorf("%s: the password is shown again", name)
		}
	}
	page.Submit("password", "name=<script>alert(1)</script>", "email=ada@example.com", "password="+fronttest.Password).Leads("/files")
	b.Get("/sign-up").Has(http.StatusOK, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>")
	s.Browser(t).Get("/sign-up").Submit("password", "name=Eve", "email=Ada@example.com", "password="+fronttest.Password).
		Has(http.StatusUnprocessableEntity, "There is an account with this e-mail address already.", `value="Eve"`)
	if p := s.Browser(t).Get("/sign-up?next=//evil.example"); strings.Contains(p.Body, "evil") {
		t.Error("next leads elsewhere")
	}
}

func TestVerifyFirst(t *testing.T) {
	t.Parallel()
	s := open(t, fronttest.WithMail("AUTH_REQUIRE_VERIFIED_EMAIL=on"))
	for range 2 { // that there is an account already is not said
		p := s.Browser(t).Get("/sign-up?next=/files").Submit("password", "name=Ada", "email=ada@example.com", "password="+fronttest.Password)
		p.Leads("/verify-email?done=signed-up&next=%2Ffiles")
	}
	if link := s.Mailed(t, "ada@example.com"); !strings.HasSuffix(link, url.QueryEscape("/verify-email?done=verified&next=%2Ffiles")) {
		t.Errorf("the mailed link: %s", link)
	}
}
