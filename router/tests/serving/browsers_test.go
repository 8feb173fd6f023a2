package serving_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

func bodyOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBrowsers checks the answers that browsers, front ends at other origins and clients
// behind proxies get from the product as it is in production.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	const host, friend, stranger = "Host: shop.example", "Origin: https://app.example", "Origin: https://evil.example"
	r := routertest.Start(t, catalog.Program(), append(routertest.Environment(t, ""),
		"BETTER_AUTH_URL=https://shop.example", "BETTER_AUTH_TRUSTED_ORIGINS=https://app.example", "AUTH_RATE_LIMIT=on",
		"AUTH_SECURE_COOKIES=off", "TRUSTED_PROXIES=2"))

	t.Run("other origins", func(t *testing.T) {
		t.Parallel()
		for _, tt := range []struct {
			path, method, from string
			allowed, cookies   string
		}{
			{"/api/auth/sign-in/email", "POST", friend, "https://app.example", "true"},
			{"/api/auth/get-session", "GET", friend, "https://app.example", "true"},
			{"/api/keys", "POST", friend, "https://app.example", "true"},
			{"/api/keys", "GET", friend, "https://app.example", "true"},
			{"/api/webhooks/orders", "POST", stranger, "*", ""},
			{"/api/auth/sign-in/email", "POST", stranger, "", ""},
			{"/api/keys", "POST", stranger, "", ""},
		} {
			got := r.In(t).Ask("OPTIONS", tt.path, "", host, tt.from, "Access-Control-Request-Method: "+tt.method, "Access-Control-Request-Headers: content-type")
			h := got.Header
			if got.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != tt.allowed || h.Get("Access-Control-Allow-Credentials") != tt.cookies || !strings.Contains(h.Get("Vary"), "Origin") {
				t.Errorf("%s %s from %s: %d %v", tt.method, tt.path, tt.from, got.StatusCode, h)
			}
		}
		got := r.In(t).Ask("POST", "/api/keys", "{}", host, friend, "Sec-Fetch-Site: cross-site")
		if got.StatusCode != http.StatusUnauthorized || got.Header.Get("Access-Control-Allow-Origin") != "https://app.example" {
			t.Errorf("not signed in: %d %v", got.StatusCode, got.Header)
		}
	})

	t.Run("compression", func(t *testing.T) {
		t.Parallel()
		_, style, _ := strings.Cut(bodyOf(t, r.In(t).Ask("GET", "/sign-in", "", host)), `rel="stylesheet" href="`)
		style, _, _ = strings.Cut(style, `"`)
		for path, limit := range map[string]int{style: 6000, "/openapi.json": 12000, "/sign-in": 1 << 20} {
			got := r.In(t).Ask("GET", path, "", host, "Accept-Encoding: gzip, deflate, br, zstd")
			if n := len(bodyOf(t, got)); got.Header.Get("Content-Encoding") != "zstd" || n > limit || got.StatusCode != http.StatusOK {
				t.Errorf("%s: %d, %d bytes, %v", path, got.StatusCode, n, got.Header)
			}
		}
	})

	t.Run("pages for people", func(t *testing.T) {
		t.Parallel()
		for path, status := range map[string]int{"/nowhere": 404, "/docs": 405} {
			method := map[int]string{404: "GET", 405: "POST"}[status]
			got := r.In(t).Ask(method, path, "", host, "Accept: text/html,*/*;q=0.8")
			if body := bodyOf(t, got); got.StatusCode != status || !strings.Contains(body, `class="brand"`) || got.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: %d %s", path, got.StatusCode, body)
			}
			if got := r.In(t).Ask(method, path, "", host); got.StatusCode != status || got.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s for a program: %d %v", path, got.StatusCode, got.Header)
			}
		}
	})

	t.Run("https stays https", func(t *testing.T) {
		t.Parallel()
		if got := r.In(t).Ask("GET", "/sign-in", "", host).Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("Strict-Transport-Security is %q", got)
		}
		for from, status := range map[string]int{"http://shop.example": 403, "https://shop.example": 401} {
			if got := r.In(t).Ask("POST", "/api/keys", "{}", host, "Origin: "+from); got.StatusCode != status {
				t.Errorf("from %s: %d", from, got.StatusCode)
			}
		}
	})

	t.Run("who calls", func(t *testing.T) {
		t.Parallel()
		for forwarded, last := range map[string]int{"192.0.2.%d, 203.0.113.7, 10.0.0.2": 429, "198.51.100.%d, 10.0.0.2": 400} {
			var got *http.Response
			for i := range 4 {
				got = r.In(t).Ask("POST", "/api/auth/sign-in/email", "{", host, "X-Forwarded-For: "+fmt.Sprintf(forwarded, i))
			}
			if got.StatusCode != last {
				t.Errorf("%s: the fourth is answered %d", forwarded, got.StatusCode)
			}
		}
	})
}
