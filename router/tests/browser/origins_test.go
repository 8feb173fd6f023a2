package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// front is a page at an origin of its own.
func front(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>front</title>")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// calls does what a front end elsewhere does: it signs up, uses what it may then, and
// reads what the answers say. It returns what came of it.
const calls = `(async (app) => {
	const json = (body) => ({method: "POST", credentials: "include", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
	const seen = [];
	const call = async (path, init) => {
		try {
			const got = await fetch(app + path, init);
			seen.push(path + " " + got.status + (got.headers.get("X-Request-Id") ? " with its id" : ""));
		} catch {
			seen.push(path + " refused");
		}
	};
	await call("/api/keys", {credentials: "include"});
	await call("/api/auth/sign-up/email", json({name: "Ada", email: "ada@front.example", password: "correct horse battery"}));
	await call("/api/auth/get-session", {credentials: "include"});
	await call("/api/keys", {credentials: "include"});
	await call("/api/keys", json({name: 7}));
	await call("/api/nowhere", {credentials: "include"});
	await call("/api/webhooks/orders", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"});
	return seen.join("\n");
})(%q)`

// A front end at a trusted origin calls everything, with cookies; one elsewhere only what
// everybody may, without.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	trusted, stranger := front(t), front(t)
	app := rig.StartDev(t, "BETTER_AUTH_TRUSTED_ORIGINS="+trusted)
	for origin, want := range map[string]string{
		trusted: `/api/keys 401 with its id
/api/auth/sign-up/email 200 with its id
/api/auth/get-session 200 with its id
/api/keys 200 with its id
/api/keys 422 with its id
/api/nowhere 404 with its id
/api/webhooks/orders 422 with its id`,
		stranger: `/api/keys refused
/api/auth/sign-up/email refused
/api/auth/get-session refused
/api/keys refused
/api/keys refused
/api/nowhere refused
/api/webhooks/orders 422 with its id`,
	} {
		tab := rig.Browser(t)
		if err := chromedp.Do(tab, chromedp.Navigate(origin)); err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(tab, chromedp.Evaluate[string](fmt.Sprintf(calls, app), chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("from %s, trusted is %t:\n%s\nwant\n%s", origin, origin == trusted, got, want)
		}
	}
}

// The browser understands what is compressed, and people see a page where nothing is.
func TestCompressedAndLost(t *testing.T) {
	t.Parallel()
	app, tab := rig.StartDev(t), rig.Browser(t)
	if err := chromedp.Do(tab, chromedp.Navigate(app+"/nowhere")); err != nil {
		t.Fatal(err)
	}
	const script = `fetch("/openapi.json").then(async (r) => [
		document.title, document.querySelector(".brand").textContent.trim(), r.headers.get("Content-Encoding"), (await r.json()).openapi,
	].join(", "))`
	got, err := chromedp.Run(tab, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	title, _, _ := strings.Cut(strings.TrimPrefix(got, "Page not found · "), ", ")
	if want := "Page not found · " + title + ", " + title + ", zstd, 3.1.0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
