package keys_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"switchyard/functions/pages/keys"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a site with the page, and a browser in which Ada is signed in.
func open(t *testing.T) (*fronttest.Site, *fronttest.Browser) {
	t.Helper()
	s := fronttest.New(t, nil)
	s.Add(keys.Spec, keys.Function{Keys: s.Keys, UI: s.UI})
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	return s, b
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	s.Browser(t).Get("/account/keys").Leads("/sign-in")
	page := b.Get("/account/keys")
	page.Has(http.StatusOK, "You have no keys.")
	made := page.Submit("Make the key", "name=<b>backup", "days=30").Has(http.StatusOK, "it is not shown again", "&lt;b&gt;backup", "works until", "never used")
	secret := regexp.MustCompile(`<code>(sw_\w+)</code>`).FindStringSubmatch(made.Body)
	if secret == nil || !strings.Contains(made.Body, `data-copy="`+secret[1]+`"`) || made.Header.Get("Cache-Control") != "private, no-store" {
		t.Fatalf("%v %s", made.Header, made.Body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret[1])
	if _, err := s.Keys.Admit(r); err != nil {
		t.Errorf("the key does not work: %v", err)
	}
	page = b.Get("/account/keys")
	page.Has(http.StatusOK, "&lt;b&gt;backup", "last used")
	if strings.Contains(page.Body, secret[1]) {
		t.Error("the key is shown again")
	}
	for range 2 {
		page.Submit("Revoke").Leads("/account/keys?done=revoked")
	}
	b.Get("/account/keys?done=revoked").Has(http.StatusOK, "does not work any more", "You have no keys.")
	if _, err := s.Keys.Admit(r); err == nil {
		t.Error("the key works after it was revoked")
	}
}

func TestForEver(t *testing.T) {
	t.Parallel()
	_, b := open(t)
	b.Get("/account/keys").Submit("Make the key", "name=a", "days=0").Has(http.StatusOK, "works for ever")
}

func TestBadForms(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	page := b.Get("/account/keys")
	page.Submit("Make the key", "name= ", "days=30").Has(http.StatusBadRequest, "A key&#39;s name has", `aria-invalid="true"`, `value="30" selected`)
	page.Submit("Make the key", "name=a", "days=99999999999999999999").Has(http.StatusBadRequest, "Choose how long")
	page.Submit("Make the key", "name=a", "days=-1").Has(http.StatusBadRequest, "Choose how long")
	b.Post("/account/keys", url.Values{"action": {"revoke"}, "id": {"7"}}).Has(http.StatusNotFound, "There is no such key.")
	b.Post("/account/keys", nil).Has(http.StatusBadRequest, "This page cannot do that.")

	page.Submit("Make the key", "name=a").Has(http.StatusOK)
	eve := s.Browser(t)
	eve.SignUp("eve@example.com")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(b.Get("/account/keys").Body)
	eve.Post("/account/keys", url.Values{"action": {"revoke"}, "id": {id[1]}}).Leads("/account/keys?done=revoked")
	if got := b.Get("/account/keys").Body; strings.Contains(got, "You have no keys.") {
		t.Error("Eve revoked a key of Ada")
	}
}
