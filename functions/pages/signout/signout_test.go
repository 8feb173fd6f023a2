package signout_test

import (
	"net/http"
	"testing"

	"switchyard/functions/pages/signout"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := fronttest.New(t, nil)
	s.Add(signout.Spec, signout.Function{Auth: s.Auth, UI: s.UI})
	b := s.Browser(t)
	b.Post("/sign-out", nil).Leads("/sign-in?done=out")
	b.SignUp("ada@example.com")
	b.Get("/sign-out").Has(http.StatusMethodNotAllowed)
	b.Origin = "https://evil.example"
	b.Post("/sign-out", nil).Has(http.StatusForbidden, "another site")
	if body := b.Get("/api/auth/get-session").Body; body == "null" {
		t.Fatal("another site signed Ada out")
	}
	b.Origin = fronttest.Origin
	p := b.Post("/sign-out", nil).Leads("/sign-in?done=out")
	if got := p.Header.Get("Clear-Site-Data"); got != `"storage"` {
		t.Errorf("Clear-Site-Data is %q: what pages have stored stays for whoever comes next", got)
	}
	if body := b.Get("/api/auth/get-session").Body; body != "null" {
		t.Errorf("still signed in: %s", body)
	}
}
