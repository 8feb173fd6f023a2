package webhooks_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchyard/functions/pages/files/webhooks"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/files/hooks/hookstest"
	"switchyard/shared/files/script"
	"switchyard/shared/live"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestWebhooks(t *testing.T) {
	t.Parallel()
	s := fronttest.New(t, nil)
	bus, err := events.Open(t.Context(), config.Events{Key: "key"}, s.DB)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	hub, err := live.Open(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	assets, err := script.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Add(webhooks.Spec, webhooks.Function{Hooks: hookstest.Open(t, s.DB, bus), Live: hub, Script: assets, UI: s.UI})
	s.Browser(t).Get("/webhooks").Leads("/sign-in")
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	page := b.Get("/webhooks")
	page.Has(http.StatusOK, "You have no webhooks.")
	page.Submit("Add the webhook", "url=https://192.168.0.1/").Has(http.StatusBadRequest, "not on the public Internet", `aria-invalid="true"`, `value="https://192.168.0.1/"`)
	page.Submit("Add the webhook", "url=javascript:alert(1)").Has(http.StatusBadRequest, "begins with https://")
	made := page.Submit("Add the webhook", `url=https://example.com/a?b=<i>"`).Has(http.StatusOK, "not shown again", "Send a test")
	secret := regexp.MustCompile(`<code>(whsec_[^<]+)</code>`).FindStringSubmatch(made.Body)
	if secret == nil || made.Header.Get("Cache-Control") != "private, no-store" || strings.Contains(made.Body, "<i>") {
		t.Fatalf("%v %s", made.Header, made.Body)
	}
	page = b.Get("/webhooks?done=removed")
	page.Has(http.StatusOK, "https://example.com/a", "told nothing any more")
	if strings.Contains(page.Body, secret[1]) {
		t.Error("the secret is shown again")
	}
	for range 9 {
		page.Submit("Add the webhook", "url=https://example.com/").Has(http.StatusOK)
	}
	page.Submit("Add the webhook", "url=https://example.com/").Has(http.StatusBadRequest, "You have 10 webhooks")
}
