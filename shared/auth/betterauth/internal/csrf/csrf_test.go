package csrf_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/internal/origin"
	"switchyard/shared/auth/betterauth/internal/csrf"
	"switchyard/shared/auth/betterauth/internal/wire"
)

type headers = map[string]string

// request returns a request to the service, as a server has read it.
func request(method string, h headers) *http.Request {
	r := httptest.NewRequest(method, "/api/auth/sign-out", nil)
	r.Host = "shop.example"
	for name, value := range h {
		r.Header.Set(name, value)
	}
	return r
}

// code returns the code of err, "" if there is none.
func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *wire.Error
	if !errors.As(err, &e) || e.Status != http.StatusForbidden || e.Message == "" {
		t.Fatalf("%#v is not an answer with 403", err)
	}
	return e.Code
}

const (
	missing = "MISSING_OR_NULL_ORIGIN"
	invalid = "INVALID_ORIGIN"
	blocked = "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"
)

const base = "https://shop.example"

func rules() *origin.Rules { return origin.New(base, []string{"https://*.wild.example"}) }

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers headers // besides Cookie
		host    string
		want    string
	}{
		"own":                     {headers: headers{"Origin": base}},
		"own, with its port":      {headers: headers{"Origin": base + ":443"}},
		"trusted":                 {headers: headers{"Origin": "https://a.wild.example"}},
		"referer":                 {headers: headers{"Referer": base + "/sign-in?a=b"}},
		"origin empty, referer":   {headers: headers{"Origin": "", "Referer": base + "/"}},
		"nothing":                 {want: missing},
		"empty":                   {headers: headers{"Origin": ""}, want: missing},
		"null":                    {headers: headers{"Origin": "null"}, want: missing},
		"null, with referer":      {headers: headers{"Origin": "null", "Referer": base + "/"}, want: missing},
		"referer null":            {headers: headers{"Referer": "null"}, want: missing},
		"evil":                    {headers: headers{"Origin": "https://evil.example"}, want: invalid},
		"evil, but own referer":   {headers: headers{"Origin": "https://evil.example", "Referer": base}, want: invalid},
		"evil referer":            {headers: headers{"Referer": "https://evil.example/?" + base}, want: invalid},
		"another scheme":          {headers: headers{"Origin": "http://shop.example"}, want: invalid},
		"another port":            {headers: headers{"Origin": base + ":8443"}, want: invalid},
		"two in one":              {headers: headers{"Origin": base + ", https://evil.example"}, want: invalid},
		"a path":                  {headers: headers{"Origin": "/"}, want: invalid},
		"no URL":                  {headers: headers{"Origin": "shop.example"}, want: invalid},
		"null from here":          {headers: headers{"Origin": "null", "Sec-Fetch-Site": "same-origin"}},
		"null from our wild host": {headers: headers{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, host: "a.wild.example"},
		"null from same site":     {headers: headers{"Origin": "null", "Sec-Fetch-Site": "same-site"}, want: missing},
		"null from elsewhere":     {headers: headers{"Origin": "null", "Sec-Fetch-Site": "cross-site"}, want: missing},
		"null at another host":    {headers: headers{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, host: "evil.example", want: invalid},
		"null at another port":    {headers: headers{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, host: "shop.example:8443", want: invalid},
		"null at a strange host":  {headers: headers{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, host: `evil.example\@shop.example`, want: invalid},
		"same origin, it says":    {headers: headers{"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, want: invalid},
	} {
		r := request(http.MethodPost, c.headers)
		if c.host != "" {
			r.Host = c.host
		}
		if got := code(t, csrf.Check(rules(), r, true)); got != c.want {
			t.Errorf("%s: always: %q, want %q", name, got, c.want)
		}
		if got := code(t, csrf.Check(rules(), r, false)); got != "" {
			t.Errorf("%s: without cookies: %q", name, got)
		}
		r.Header.Set("Cookie", "theme=dark")
		if got := code(t, csrf.Check(rules(), r, false)); got != c.want {
			t.Errorf("%s: with a cookie: %q, want %q", name, got, c.want)
		}
	}
}

// A page that is read may use what changes something: the method of its own request says
// nothing about that.
func TestCheckWhateverTheMethod(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodDelete, "get"} {
		r := request(method, headers{"Cookie": "", "Origin": "https://evil.example"}) // even an empty one counts
		if got := code(t, csrf.Check(rules(), r, false)); got != invalid {
			t.Errorf("%s: %q, want %q", method, got, invalid)
		}
	}
}

func TestTwoOrigins(t *testing.T) {
	t.Parallel()
	r := request(http.MethodPost, headers{"Origin": base})
	r.Header.Add("Origin", "https://evil.example")
	if got := code(t, csrf.Check(rules(), r, true)); got != invalid {
		t.Errorf("%q, want %q", got, invalid)
	}
}

func TestCheckLogin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers headers
		want    string
	}{
		"no browser":                  {},
		"own":                         {headers{"Origin": base}, ""},
		"own referer":                 {headers{"Referer": base + "/sign-in"}, ""},
		"evil":                        {headers{"Origin": "https://evil.example"}, invalid},
		"evil referer":                {headers{"Referer": "https://evil.example/"}, invalid},
		"null":                        {headers{"Origin": "null"}, missing},
		"fetch of Node":               {headers{"Sec-Fetch-Mode": "cors"}, missing},
		"fetch of Node with origin":   {headers{"Sec-Fetch-Mode": "cors", "Origin": base}, ""},
		"destination alone":           {headers{"Sec-Fetch-Dest": "document"}, missing},
		"form of ours":                {headers{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Origin": base}, ""},
		"form that hides, of ours":    {headers{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Origin": "null"}, ""},
		"form of evil":                {headers{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "https://evil.example"}, blocked},
		"form of a trusted one":       {headers{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "https://a.wild.example"}, blocked},
		"fetch of a trusted one":      {headers{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "https://a.wild.example"}, ""},
		"fetch of evil":               {headers{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "https://evil.example"}, invalid},
		"cookie, and nothing":         {headers{"Cookie": "a=b"}, missing},
		"cookie, own":                 {headers{"Cookie": "a=b", "Origin": base}, ""},
		"cookie, form of evil":        {headers{"Cookie": "a=b", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "https://evil.example"}, invalid},
		"cookie, form of trusted one": {headers{"Cookie": "a=b", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "https://a.wild.example"}, ""},
	} {
		if got := code(t, csrf.CheckLogin(rules(), request(http.MethodPost, c.headers))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
