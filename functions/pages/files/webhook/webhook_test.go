package webhook_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"switchyard/functions/pages/files/webhook"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/hooks/hookstest"
	"switchyard/shared/files/script"
	"switchyard/shared/live"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a site with the page, its webhooks, and a browser in which Ada is signed in.
func open(t *testing.T) (*fronttest.Site, *hooks.Store, *fronttest.Browser) {
	t.Helper()
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
	store := hookstest.Open(t, s.DB, bus)
	s.Add(webhook.Spec, webhook.Function{Hooks: store, Live: hub, Script: assets, UI: s.UI})
	b := s.Browser(t)
	b.SignUp("ada@example.com")
	return s, store, b
}

// user returns the id of the user with this address.
func user(t *testing.T, s *fronttest.Site, email string) (id string) {
	t.Helper()
	if err := s.DB.QueryRow(t.Context(), `SELECT id FROM "user" WHERE email = $1`, email).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// What a receiver answers is text of a stranger.
func TestWebhook(t *testing.T) {
	t.Parallel()
	s, store, b := open(t)
	receiver := hookstest.Receive(t, func(_ int, w http.ResponseWriter) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(`</pre><script>alert(1)</script>`))
	})
	ada := user(t, s, "ada@example.com")
	hook, _, err := store.Add(t.Context(), ada, receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	path := "/webhooks/" + hook.ID.String()
	s.Browser(t).Get(path).Leads("/sign-in")
	b.Get(path).Has(http.StatusOK, receiver.URL, "Nothing was sent yet.").Submit("Send a test", "action=test").Leads(path + "?done=tested")
	b.Get(path+"?done=tested").Has(http.StatusOK, "on its way", "webhook.test", "waiting")
	waiting, err := store.Deliveries(t.Context(), ada, hook.ID)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%+v, %v", waiting, err)
	}
	b.Post(path, url.Values{"action": {"resend"}, "delivery": {waiting[0].ID.String()}}).Has(http.StatusConflict, "being sent already")
	if _, err := store.Deliver(t.Context(), waiting[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	page := b.Get(path)
	page.Has(http.StatusOK, "answered 418", "failed", "Attempts have failed since", "&lt;/pre&gt;&lt;script&gt;alert(1)")
	if strings.Contains(page.Body, "<script>alert") {
		t.Error("the answer is HTML in the page")
	}
	page.Submit("Send again").Leads(path + "?done=resent")
	page.Submit("Send again").Has(http.StatusConflict, "being sent already")
	rotated := page.Submit("Make a new secret", "action=rotate").Has(http.StatusOK, "not shown again", "works until")
	secret := regexp.MustCompile(`<code>(whsec_[^<]+)</code>`).FindStringSubmatch(rotated.Body)
	if secret == nil || strings.Contains(b.Get(path).Body, secret[1]) {
		t.Errorf("secret: %v", secret)
	}
	if _, err := s.DB.Exec(t.Context(), `UPDATE webhook SET disabled = 'gone'`); err != nil {
		t.Fatal(err)
	}
	page = b.Get(path)
	page.Has(http.StatusOK, "410 Gone")
	page.Submit("Turn it on").Leads(path + "?done=enabled")
	b.Post(path, url.Values{"action": {"remove"}}).Leads("/webhooks?done=removed")
	b.Post(path, url.Values{"action": {"remove"}}).Leads("/webhooks?done=removed")
	b.Get(path).Has(http.StatusNotFound)
}

// What was sent too often is said on the page, and what is there stays to be seen.
func TestTooOften(t *testing.T) {
	t.Parallel()
	s, store, b := open(t)
	hook, _, err := store.Add(t.Context(), user(t, s, "ada@example.com"), "http://127.0.0.1:9999/")
	if err != nil {
		t.Fatal(err)
	}
	path := "/webhooks/" + hook.ID.String()
	for range hooks.ByHandAtOnce {
		b.Post(path, url.Values{"action": {"test"}}).Leads(path + "?done=tested")
	}
	if _, err := s.DB.Exec(t.Context(), `UPDATE call_rate SET until = now() + $1::interval`, hooks.ByHandAtOnce*hooks.ByHandInterval); err != nil { // as if all were just now
		t.Fatal(err)
	}
	page := b.Post(path, url.Values{"action": {"test"}})
	page.Has(http.StatusTooManyRequests, "too often", "http://127.0.0.1:9999/", "webhook.test")
	if after := page.Header.Get("Retry-After"); after == "" || after == "0" {
		t.Errorf("Retry-After is %q", after)
	}
}

func TestBadForms(t *testing.T) {
	t.Parallel()
	s, store, b := open(t)
	hook, _, err := store.Add(t.Context(), user(t, s, "ada@example.com"), "https://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	path := "/webhooks/" + hook.ID.String()
	b.Post(path, nil).Has(http.StatusBadRequest, "This page cannot do that.")
	b.Post(path, url.Values{"action": {"resend"}, "delivery": {"7"}}).Has(http.StatusNotFound)
	b.Get("/webhooks/7").Has(http.StatusNotFound)
	eve := s.Browser(t)
	eve.SignUp("eve@example.com")
	eve.Get(path).Has(http.StatusNotFound)
	for _, action := range []string{"test", "rotate", "enable"} {
		eve.Post(path, url.Values{"action": {action}}).Has(http.StatusNotFound)
	}
	eve.Post(path, url.Values{"action": {"remove"}})
	b.Get(path).Has(http.StatusOK)
}
