package betterauth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
)

func TestRouting(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, request := range []string{
		"GET /api/auth", "GET /api/auth/", "GET /api/auth/nope", "GET /api/authorise/ok", "GET /other",
		"GET /api/auth/sign-out", "POST /api/auth/ok", "HEAD /api/auth/ok", "OPTIONS /api/auth/ok", "PUT /api/auth/ok",
		"GET /api/auth/ok/", "GET /api/auth//ok", "GET /api/auth/%6fk", "GET /api/auth/ok%2F", "GET /api/auth/x/../ok",
		"GET /api/auth/OK", "GET /api/auth/reset-password/", "GET /api/auth/reset-password/a/b",
		"GET /api/auth/delete-user", "GET /api/auth/reset-password/%7Bparam%7D/x",
	} {
		method, path, _ := strings.Cut(request, " ")
		a := s.send(method, path, "")
		if a.StatusCode != http.StatusNotFound || a.body != "" || a.Header.Get("Content-Type") != "" {
			t.Errorf("%s: %d %v %s, want an empty 404", request, a.StatusCode, a.Header, a.body)
		}
	}
	a := s.send("GET", "/api/auth/ok", "")
	if a.StatusCode != http.StatusOK || a.body != `{"ok":true}` || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("GET /ok: %d %v %s", a.StatusCode, a.Header, a.body)
	}
}

// Each request has several mistakes; which one is told is a part of the contract.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	fresh, old := s.session("fresh", 0), s.session("old", 25*time.Hour)
	const evil = "https://evil.example"
	tests := map[string]struct {
		method, path, body string
		header             []string
		status             int
		code               string
	}{
		"an unknown path before the media type": {
			"POST", "/nope", "x", []string{"Content-Type", "text/plain"}, 404, "",
		},
		"the media type before the origin": {
			"POST", "/sign-out", "x", []string{"Content-Type", "text/plain", "Cookie", "a=b", "Origin", evil}, 415, "UNSUPPORTED_MEDIA_TYPE",
		},
		"broken JSON before the origin": {
			"POST", "/sign-out", "{", []string{"Cookie", "a=b", "Origin", evil}, 400, "BAD_REQUEST",
		},
		"the origin before the callback": {
			"POST", "/sign-out", `{"callbackURL":"https://evil.example"}`, []string{"Cookie", "a=b", "Origin", evil}, 403, "INVALID_ORIGIN",
		},
		"no origin": {"POST", "/sign-out", ``, []string{"Cookie", "a=b"}, 403, "MISSING_OR_NULL_ORIGIN"},
		"the callback before the schema": {
			"POST", "/sign-out", `{"callbackURL":"https://evil.example","state":1}`, nil, 403, "INVALID_CALLBACK_URL",
		},
		"a callback in the query": {"POST", "/sign-out?callbackURL=//evil.example", ``, nil, 403, "INVALID_CALLBACK_URL"},
		"the body's callback goes before the query's": {
			"POST", "/sign-out?callbackURL=//evil.example", `{"callbackURL":"/a"}`, nil, 200, "",
		},
		"a callback that is no text":    {"POST", "/sign-out", `{"callbackURL":["/a"]}`, nil, 400, ""},
		"a repeated callback":           {"POST", "/sign-out?callbackURL=/a&callbackURL=/b", ``, nil, 400, ""},
		"an empty callback":             {"POST", "/sign-out", `{"callbackURL":""}`, nil, 200, ""},
		"other places":                  {"POST", "/sign-out", `{"redirectTo":"x"}`, nil, 403, "INVALID_REDIRECT_URL"},
		"other places, of errors":       {"POST", "/sign-out", `{"errorCallbackURL":"x"}`, nil, 403, "INVALID_ERROR_CALLBACK_URL"},
		"other places, of new users":    {"POST", "/sign-out", `{"newUserCallbackURL":"x"}`, nil, 403, "INVALID_NEW_USER_CALLBACK_URL"},
		"the schema before the session": {"POST", "/revoke-session", `{}`, nil, 400, "VALIDATION_ERROR"},
		"the schema before the login rule": {
			"POST", "/sign-in/email", `{}`, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 400, "VALIDATION_ERROR",
		},
		"the login rule": {
			"POST", "/sign-in/email", `{"email":"a@b.cd","password":"x"}`,
			[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
			403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
		},
		"a form as well": {
			"POST", "/sign-in/email", "email=a&password=x&rememberMe=true",
			[]string{"Content-Type", "application/x-www-form-urlencoded"},
			400, "VALIDATION_ERROR",
		},
		"a callback of GET":                  {"GET", "/verify-email?token=x&callbackURL=//evil.example", "", nil, 403, "INVALID_CALLBACK_URL"},
		"the query before a callback of GET": {"GET", "/verify-email?callbackURL=//evil.example", "", nil, 400, "VALIDATION_ERROR"},
		"the session":                        {"POST", "/revoke-session", `{"token":"x"}`, nil, 401, "UNAUTHORIZED"},
		"the session before its age":         {"GET", "/list-sessions", "", nil, 401, "UNAUTHORIZED"},
		"its age":                            {"GET", "/list-sessions", "", []string{"Cookie", old}, 403, "SESSION_NOT_FRESH"},
		"young enough":                       {"GET", "/list-sessions", "", []string{"Cookie", fresh}, 200, ""},
		"a zero byte":                        {"POST", "/revoke-session", `{"token":"\u0000"}`, []string{"Cookie", fresh, "Origin", shop}, 400, "VALIDATION_ERROR"},
		"a password that is not UTF-8":       {"POST", "/sign-up/email", "{\"name\":\"A\",\"email\":\"utf@example.com\",\"password\":\"p\xffssword1234\"}", nil, 400, "BAD_REQUEST"},
		"a form that is not UTF-8":           {"POST", "/sign-in/email", "email=a@b.cd&password=p%fessword", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "BAD_REQUEST"},
		"a query that is not UTF-8":          {"GET", "/verify-email?token=%ff", "", nil, 400, "BAD_REQUEST"},
		"POST /get-session":                  {"POST", "/get-session", "x", []string{"Content-Type", "text/plain"}, 405, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED"},
		"the origin before the method":       {"POST", "/get-session", "", []string{"Cookie", "a=b", "Origin", evil}, 403, "INVALID_ORIGIN"},
		"an origin of GET":                   {"GET", "/get-session", "", []string{"Cookie", "a=b", "Origin", evil}, 200, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.send(test.method, "/api/auth"+test.path, test.body, test.header...)
			if a.StatusCode != test.status || (test.status >= 400 && a.code() != test.code) {
				t.Errorf("%d %s, want %d %s", a.StatusCode, a.body, test.status, test.code)
			}
		})
	}
}

func TestTooMany(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Auth) { c.RateLimit = true })
	send := func(ip string) answer {
		return s.send("POST", "/api/auth/sign-in/email", "{", "X-Forwarded-For", ip)
	}
	for range 3 {
		if a := send("192.0.2.1"); a.StatusCode != http.StatusBadRequest {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	a := send("192.0.2.1")
	if a.StatusCode != http.StatusTooManyRequests || a.body != `{"message":"Too many requests. Please try again later."}` {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if got := a.Header.Get("X-Retry-After"); got == "" || got == "0" || len(got) > 2 {
		t.Errorf("X-Retry-After is %q", got)
	}
	if a := send("192.0.2.2"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("another address: %d %s", a.StatusCode, a.body)
	}
	for i := range 101 { // of one bucket, whatever the path
		a = s.send("GET", "/api/auth/"+strings.Repeat("x", i), "", "X-Forwarded-For", "192.0.2.1")
	}
	if a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("unknown paths: %d", a.StatusCode)
	}
}

func TestDatabaseIsDown(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("token", 0)
	s.exec(`ALTER TABLE session RENAME TO gone`)
	a := s.get(cookie)
	if a.StatusCode != http.StatusInternalServerError || a.body != "" || a.Header.Get("Content-Type") != "" || a.cookie(tokenCookie) != "" {
		t.Errorf("%d %v %s, want an empty 500", a.StatusCode, a.Header, a.body)
	}
}

// Who makes up where others called from has one limit all the same, unless a proxy that
// is trusted says so; and two proxies do not make one client of all.
func TestTooManyFromOnePlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		proxies config.Proxies
		header  string // with %d for a number
		limited bool
	}{
		"nobody is trusted":             {config.Proxies{}, "192.0.2.%d", true},
		"one proxy, forged before it":   {config.Proxies{Hops: 1}, "192.0.2.%d, 203.0.113.7", true},
		"two proxies, clients of many":  {config.Proxies{Hops: 2}, "192.0.2.%d, 10.0.0.2", false},
		"two proxies, forged before it": {config.Proxies{Hops: 2}, "192.0.2.%d, 203.0.113.7, 10.0.0.2", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, func(c *config.Auth) { c.RateLimit, c.Proxies = true, tt.proxies })
			var last answer
			for i := range 4 {
				last = s.send("POST", "/api/auth/sign-in/email", "{", "X-Forwarded-For", fmt.Sprintf(tt.header, i))
			}
			if limited := last.StatusCode == http.StatusTooManyRequests; limited != tt.limited {
				t.Errorf("the fourth: %d %s", last.StatusCode, last.body)
			}
		})
	}
}
