package betterauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// page is a request that a browser sends to a page of ours, by a form.
func page(t testing.TB, cookies ...string) *http.Request {
	t.Helper()
	r := request(t, cookies...)
	r.Method, r.Host = "POST", "desk.example"
	r.Header.Set("Origin", desk)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("User-Agent", "browser")
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func eve() map[string]any {
	return map[string]any{"name": "Eve", "email": "eve@example.com", "password": "password123"}
}

func TestDo(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	w := httptest.NewRecorder()
	a := s.auth.Do(w, page(t), "POST", "/sign-up/email", eve())
	if !a.OK() || a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"email":"eve@example.com"`) {
		t.Fatalf("Do = %+v", a)
	}
	cookies := w.Header()["Set-Cookie"]
	if len(cookies) != 1 || w.Header().Get("Content-Type") != "" {
		t.Errorf("the page's header is %v", w.Header())
	}
	var agent, ip string
	if err := s.db.QueryRow(t.Context(), `SELECT "userAgent", "ipAddress" FROM session`).Scan(&agent, &ip); err != nil {
		t.Fatal(err)
	}
	if agent != "browser" || ip != "192.0.2.7" {
		t.Errorf("the session is of %q at %q", agent, ip)
	}
	sent, _, _ := strings.Cut(cookies[0], ";")
	if a := s.auth.Do(w, page(t, sent), "GET", "/list-sessions?x=y", nil); !a.OK() || !strings.Contains(string(a.Body), "browser") {
		t.Errorf("Do = %+v", a)
	}
	if a := s.auth.Do(w, page(t, sent), "POST", "/sign-out", nil); !a.OK() {
		t.Errorf("Do = %+v", a)
	}
	if got := w.Header()["Set-Cookie"]; len(got) != 3 { // the clear has taken the place of the set
		t.Errorf("the cookies are %q", got)
	}
}

func TestDoAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.auth.Do(httptest.NewRecorder(), page(t), "POST", "/sign-up/email", eve())
	wrong, led := eve(), eve()
	wrong["password"] = "another one"
	led["callbackURL"] = "/dash"
	foreign := page(t)
	foreign.Header.Set("Origin", "https://evil.example")
	tests := map[string]struct {
		r              *http.Request
		method, target string
		body           any
		status         int
		code, message  string
		location       string
	}{
		"wrong password":  {page(t), "POST", "/sign-in/email", wrong, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password", ""},
		"leads somewhere": {page(t), "POST", "/sign-in/email", led, 200, "", "", "/dash"},
		"another origin":  {foreign, "POST", "/sign-in/email", eve(), 403, "INVALID_ORIGIN", "Invalid origin", ""},
		"no code":         {page(t), "POST", "/sign-out", map[string]any{"callbackURL": 1}, 400, "", "Invalid callbackURL: expected a string", ""},
		"no such route":   {page(t), "POST", "/nope", nil, 404, "", "", ""},
		"a redirect":      {page(t), "GET", "/verify-email?token=x&callbackURL=%2Fa%3Fb", nil, 302, "", "", "/a?b&error=INVALID_TOKEN"},
		"no path":         {page(t), "GET", "/%zz", nil, 500, "", "", ""},
		"no JSON":         {page(t), "POST", "/sign-out", func() {}, 500, "", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.auth.Do(httptest.NewRecorder(), test.r, test.method, test.target, test.body)
			if a.Status != test.status || a.Code != test.code || a.Message != test.message || a.Location != test.location {
				t.Errorf("Do = %+v", a)
			}
		})
	}
}

// A page is limited like a route that is called itself, and the host hears of what
// goes wrong.
func TestDoIsLimited(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { c.RateLimit = true })
	for range 3 {
		if a := s.auth.Do(httptest.NewRecorder(), page(t), "POST", "/sign-in/email", eve()); a.Status != http.StatusUnauthorized {
			t.Fatalf("Do = %+v", a)
		}
	}
	a := s.auth.Do(httptest.NewRecorder(), page(t), "POST", "/sign-in/email", eve())
	if a.Status != http.StatusTooManyRequests || a.Retry < 1 || a.Retry > 10 || a.Message == "" {
		t.Errorf("Do = %+v", a)
	}
	s.exec(`ALTER TABLE "rateLimit" RENAME TO gone`)
	var reported []error
	r := page(t)
	r = r.WithContext(fn.WithReport(r.Context(), func(err error) { reported = append(reported, err) }))
	if a := s.auth.Do(httptest.NewRecorder(), r, "POST", "/sign-out", nil); a.Status != http.StatusInternalServerError || len(reported) != 1 {
		t.Errorf("Do = %+v, reported: %v", a, reported)
	}
}
