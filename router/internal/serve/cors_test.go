package serve_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// public is a server that is reached at address, and works with other origins.
func public(t *testing.T, address string, trusted ...string) config.Server {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Server{}
	c.Origin, c.Trusted, c.HSTS = config.URL{URL: u}, trusted, "max-age=31536000"
	return c
}

// crossed are functions that pages of other origins call.
func crossed() []function.Function {
	vary := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Cookie")
		_, _ = io.WriteString(w, r.Method)
	}
	return append(samples(),
		typed("api/open", fn.Endpoint{Route: "POST /api/open", Access: fn.Public, AnyOrigin: true, Expose: []string{"X-Total"}}, endpoint.New(echo{})),
		typed("api/closed-open", fn.Endpoint{Route: "GET /api/closed-open", AnyOrigin: true}, endpoint.New(empty{})),
		page("pages/vary", "/vary/{rest...}", vary),
		page("pages/own", "OPTIONS /own", vary),
		page("pages/own-get", "GET /own", vary),
		function.Function{
			Name: "pages/checks", Spec: fn.Page{Route: "/checks/", Access: fn.Public, ChecksOrigin: true},
			Bind: func() any { return http.HandlerFunc(vary) },
		},
		function.Function{
			Name: "pages/says", Spec: fn.Page{Route: "GET /says", Access: fn.Public, AnyOrigin: true},
			Bind: func() any {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Access-Control-Allow-Origin", "https://mine.example")
				})
			},
		},
	)
}

const (
	friend   = "https://app.example"
	stranger = "https://evil.example"
)

// spoken returns what an answer says of other origins.
func spoken(h http.Header) map[string]string {
	got := map[string]string{}
	for name, values := range h {
		if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
			got[strings.TrimPrefix(name, "Access-Control-")] = strings.Join(values, ", ")
		}
	}
	return got
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: crossed(), Server: public(t, "https://shop.example", friend, "https://*.wild.example")})
	const vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
	closed := map[string]string{"Vary": vary}
	allowed := func(from, method string) map[string]string {
		m := map[string]string{"Allow-Origin": from, "Allow-Methods": method, "Allow-Headers": "content-type,x-a", "Max-Age": "7200", "Vary": vary}
		if from != "*" {
			m["Allow-Credentials"] = "true"
		}
		return m
	}
	for _, tt := range []struct {
		path, from, method string
		status             int
		want               map[string]string
	}{
		{"/api/echo", friend, "POST", 204, allowed(friend, "POST")},
		{"/api/echo", "https://a.wild.example", "POST", 204, allowed("https://a.wild.example", "POST")},
		{"/api/closed/7", friend, "POST", 204, allowed(friend, "POST")}, // before anybody is asked who it is
		{"/api/machine", friend, "GET", 204, allowed(friend, "GET")},
		{"/hello", friend, "HEAD", 204, allowed(friend, "HEAD")},
		{"/vary/x", friend, "PATCH", 204, allowed(friend, "PATCH")},
		{"/checks/x", friend, "POST", 204, allowed(friend, "POST")},
		{"/api/open", friend, "POST", 204, allowed(friend, "POST")},
		{"/api/open", stranger, "POST", 204, allowed("*", "POST")},
		{"/api/open", "null", "POST", 204, allowed("*", "POST")},
		{"/api/closed-open", stranger, "GET", 204, allowed("*", "GET")},
		{"/api/echo", stranger, "POST", 204, closed},
		{"/api/echo", "http://app.example", "POST", 204, closed},
		{"/api/echo", "https://wild.example", "POST", 204, closed},
		{"/api/echo", "null", "POST", 204, closed},
		{"/checks/x", stranger, "POST", 204, closed},
		{"/livez", friend, "GET", 204, closed},
		{"/api/echo", friend, "DELETE", 204, allowed(friend, "DELETE")}, // and then it sees the 405
		{"/nowhere", friend, "GET", 204, allowed(friend, "GET")},
		{"/api/echo", stranger, "DELETE", 405, map[string]string{"Vary": "Accept, Origin"}},
		{"/nowhere", stranger, "GET", 404, map[string]string{"Vary": "Accept, Origin"}},
		{"/own", friend, "GET", 200, map[string]string{"Allow-Origin": friend, "Allow-Credentials": "true", "Expose-Headers": "ETag, Retry-After, X-Request-Id", "Vary": "Cookie, Origin"}},
	} {
		got := send(t, "OPTIONS", host.url+tt.path, nil, "Origin: "+tt.from, "Access-Control-Request-Method: "+tt.method, "Access-Control-Request-Headers: content-type,x-a")
		if diff := cmp.Diff(tt.want, spoken(got.header)); got.status != tt.status || diff != "" {
			t.Errorf("%s %s from %s: %d %s (-want +got)\n%s", tt.method, tt.path, tt.from, got.status, got.body, diff)
		}
	}
	if got := send(t, "OPTIONS", host.url+"/vary/x", nil, "Origin: "+friend); got.status != 200 || got.body != "OPTIONS" {
		t.Errorf("OPTIONS that is no preflight: %d %s", got.status, got.body)
	}
}

// What is said of other origins stands on every answer of a function, errors included.
func TestCrossOriginAnswers(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: crossed(), Server: public(t, "https://shop.example", friend)})
	closed := map[string]string{"Vary": "Origin"}
	const common = "ETag, Retry-After, X-Request-Id"
	trusted := map[string]string{"Vary": "Origin", "Allow-Origin": friend, "Allow-Credentials": "true", "Expose-Headers": common}
	anybody := map[string]string{"Vary": "Origin", "Allow-Origin": "*", "Expose-Headers": common + ", X-Total"}
	for _, tt := range []struct {
		method, path, from, body string
		headers                  string
		status                   int
		want                     map[string]string
	}{
		{"POST", "/api/echo", friend, `{"name":"x"}`, "Sec-Fetch-Site: cross-site", 200, trusted},
		{"POST", "/api/echo", friend, `{"name":7}`, "Sec-Fetch-Site: cross-site", 422, trusted},
		{"POST", "/api/echo", friend, strings.Repeat("x", 101), "Sec-Fetch-Site: cross-site", 413, trusted},
		{"POST", "/api/closed/7", friend, "", "Sec-Fetch-Site: same-site", 401, trusted},
		{"GET", "/api/broken", friend, "", "", 500, trusted},
		{"GET", "/nowhere", friend, "", "", 404, map[string]string{"Vary": "Accept, Origin", "Allow-Origin": friend, "Allow-Credentials": "true", "Expose-Headers": common}},
		{"DELETE", "/api/echo", friend, "", "", 405, map[string]string{"Vary": "Accept, Origin", "Allow-Origin": friend, "Allow-Credentials": "true", "Expose-Headers": common}},
		{"DELETE", "/api/echo", stranger, "", "", 405, map[string]string{"Vary": "Accept, Origin"}},
		{"GET", "/api/wait", friend, "", "", 504, trusted},
		{"GET", "/panic", friend, "", "", 500, map[string]string{"Vary": "Accept, Origin", "Allow-Origin": friend, "Allow-Credentials": "true", "Expose-Headers": common}},
		{"POST", "/api/open", stranger, `{"name":"x"}`, "Sec-Fetch-Site: cross-site", 200, anybody},
		{"POST", "/api/open", stranger, `{"name":7}`, "Sec-Fetch-Site: cross-site", 422, anybody},
		{"GET", "/api/closed-open", stranger, "", "", 401, map[string]string{"Vary": "Origin", "Allow-Origin": "*", "Expose-Headers": common}},
		{"POST", "/api/echo", stranger, `{"name":"x"}`, "Sec-Fetch-Site: cross-site", 403, closed},
		{"POST", "/api/echo", stranger, `{"name":"x"}`, "Sec-Fetch-Site: same-site", 403, closed},
		{"GET", "/hello", stranger, "", "", 200, closed},
		{"GET", "/hello", "", "", "", 200, closed},
		{"GET", "/hello", "https://shop.example", "", "", 200, closed},
		{"GET", "/says", friend, "", "", 200, map[string]string{"Vary": "Origin", "Allow-Origin": "https://mine.example"}},
		{"POST", "/checks/x", stranger, "", "Sec-Fetch-Site: cross-site", 200, map[string]string{"Vary": "Cookie, Origin"}},
	} {
		headers := []string{asJSON}
		for _, h := range []string{tt.headers, "Origin: " + tt.from} {
			if h != "" && h != "Origin: " {
				headers = append(headers, h)
			}
		}
		got := send(t, tt.method, host.url+tt.path, strings.NewReader(tt.body), headers...)
		if diff := cmp.Diff(tt.want, spoken(got.header)); got.status != tt.status || diff != "" {
			t.Errorf("%s %s from %s: %d %s (-want +got)\n%s", tt.method, tt.path, tt.from, got.status, got.body, diff)
		}
	}
	alone := start(t, serve.Config{Functions: crossed()})
	if got := send(t, "GET", alone.url+"/hello", nil, "Origin: "+friend); len(spoken(got.header)) > 0 {
		t.Errorf("nobody is trusted: %v", got.header)
	}
}

func TestSpecs(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]fn.Endpoint{
		`api/open: its Spec's Expose names "X-A: b"`: {Route: "POST /api/open", Access: fn.Public, Expose: []string{"X-A: b"}},
		"api/open: its Spec's Logged names \"x\"":    {Route: "POST /api/{open}", Access: fn.Public, Logged: []string{"open", "x"}},
		"api/open: its Spec's ETag is set":           {Route: "POST /api/open", Access: fn.Public, ETag: true},
	} {
		_, err := serve.New(serve.Config{Functions: []function.Function{typed("api/open", spec, endpoint.New(echo{}))}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// An insecure page is not of this site if this site is secure.
func TestInsecureOrigin(t *testing.T) {
	t.Parallel()
	const at = "shop.example"
	proxied := public(t, "http://internal.example")
	proxied.Proxies.Hops = 1
	for name, tt := range map[string]struct {
		server  config.Server
		method  string
		headers []string
		status  int
	}{
		"http of https":              {public(t, "https://"+at), "POST", []string{"Origin: http://" + at}, 403},
		"http of https, GET":         {public(t, "https://"+at), "GET", []string{"Origin: http://" + at}, 204},
		"http of https, same-origin": {public(t, "https://"+at), "POST", []string{"Origin: http://" + at, "Sec-Fetch-Site: same-origin"}, 403},
		"https":                      {public(t, "https://"+at), "POST", []string{"Origin: https://" + at}, 204},
		"https, same-origin":         {public(t, "https://"+at), "POST", []string{"Origin: https://" + at, "Sec-Fetch-Site: same-origin"}, 204},
		"http of http":               {public(t, "http://"+at), "POST", []string{"Origin: http://" + at}, 204},
		"http of nothing known":      {config.Server{}, "POST", []string{"Origin: http://" + at}, 204},
		"a proxy has TLS":            {proxied, "POST", []string{"Origin: http://" + at, "X-Forwarded-Proto: https"}, 403},
		"a stranger says so":         {public(t, "http://"+at), "POST", []string{"Origin: http://" + at, "X-Forwarded-Proto: https"}, 204},
		"trusted all the same":       {public(t, "https://"+at, "http://"+at), "POST", []string{"Origin: http://" + at}, 204},
		"no browser":                 {public(t, "https://"+at), "POST", nil, 204},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := start(t, serve.Config{Server: tt.server, Functions: []function.Function{
				page("pages/do", "/do", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
			}})
			if got := send(t, tt.method, host.url+"/do", nil, append(tt.headers, "Host: "+at)...); got.status != tt.status {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestStrictTransport(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"https://shop.example": "max-age=31536000", "http://shop.example": ""} {
		host := start(t, serve.Config{Functions: samples(), Server: public(t, address)})
		for _, path := range []string{"/hello", "/nowhere", "/livez"} {
			if got := send(t, "GET", host.url+path, nil).header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s%s: got %q", address, path, got)
			}
		}
	}
}
