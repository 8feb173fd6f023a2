package serving_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

const metricsToken = "the-token-of-the-metrics"

// TestStalledBodies has one user begin many requests whose bodies never arrive: more for each
// path than it takes calls at once. Meanwhile others sign in, and register files.
func TestStalledBodies(t *testing.T) {
	t.Parallel()
	if routertest.OnLambda() {
		t.Skip("on AWS Lambda calls come with their bodies")
	}
	r := routertest.Start(t, catalog.Program(), append(routertest.Environment(t, ""), "METRICS_TOKEN="+metricsToken))
	bad, _ := r.SignUpAs("bad")
	good, _ := r.SignUpAs("good")
	const forms, calls, uploads = 300, 90, 300
	stall(t, bad, "/sign-in", "application/x-www-form-urlencoded", forms)
	for _, path := range []string{"sign-in/email", "sign-up/email", "sign-out", "request-password-reset", "update-user", "change-password"} {
		stall(t, bad, "/api/auth/"+path, "application/json", calls)
	}
	stall(t, bad, "/api/files", "application/json", uploads)
	const all = forms + 6*calls + uploads
	await.That(t, "all bodies stall", func() bool { return receiving(r) == all })
	signsIn(t, r)
	for range 20 {
		if status := good.Call(http.MethodGet, "/api/auth/get-session", nil, nil); status != http.StatusOK {
			t.Errorf("who is signed in: %d", status)
		}
		if status := good.Call(http.MethodPost, "/api/files", `{"name":"a.txt","size":5,"type":"text/plain"}`, nil); status != http.StatusCreated {
			t.Errorf("another user's file: %d", status)
		}
	}
}

// signsIn signs in as the good user, with the form and over the API.
func signsIn(t *testing.T, r *routertest.Router) {
	t.Helper()
	form := url.Values{"email": {"good@example.com"}, "password": {"correct horse battery"}}.Encode()
	got := r.Ask(http.MethodPost, "/sign-in", form, "Content-Type: application/x-www-form-urlencoded", "Origin: "+r.URL)
	if got.StatusCode != http.StatusSeeOther {
		t.Errorf("the form for signing in: %d", got.StatusCode)
	}
	const account = `{"email":"good@example.com","password":"correct horse battery"}`
	if status := r.Call(http.MethodPost, "/api/auth/sign-in/email", account, nil); status != http.StatusOK {
		t.Errorf("signing in: %d", status)
	}
}

// stall begins n requests, each with the first bytes of its body, on connections of their own.
func stall(t *testing.T, r *routertest.Router, path, contentType string, n int) {
	t.Helper()
	address := strings.TrimPrefix(r.URL, "http://")
	for range n {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n6bytes",
			path, address, r.URL, r.Cookie, contentType)
	}
}

// receiving returns how many bodies are being received.
func receiving(r *routertest.Router) (n int) {
	r.T.Helper()
	text, err := io.ReadAll(r.Ask(http.MethodGet, "/metrics", "", "Authorization: Bearer "+metricsToken).Body)
	if err != nil {
		r.T.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "switchyard_overload_bodies{"); ok {
			_, figure, _ := strings.Cut(rest, "} ")
			_, _ = fmt.Sscan(figure, &n)
		}
	}
	return n
}
