package serve_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// twice is a rate of which nothing is given back while a test runs.
func twice(by fn.Client) fn.Rate { return fn.Rate{Limit: 2, Per: time.Hour, By: by} }

func from(ip string) string { return "X-Forwarded-For: " + ip }

func proxied() config.Server {
	return config.Server{MetricsToken: "t", Client: config.Client{Proxies: config.Proxies{Hops: 1}}}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Server: proxied(), Functions: []function.Function{
		typed("api/open", fn.Endpoint{Route: "GET /open", Access: fn.Public, RateLimit: twice(fn.ByCaller)}, endpoint.New(who{})),
		typed("api/closed", fn.Endpoint{Route: "GET /closed", RateLimit: twice(fn.ByCaller)}, endpoint.New(who{})),
		typed("api/address", fn.Endpoint{Route: "GET /address", RateLimit: twice(fn.ByAddress)}, endpoint.New(who{})),
		typed("api/unlimited", fn.Endpoint{Route: "GET /unlimited", Access: fn.Public}, endpoint.New(who{})),
	}})
	for name, calls := range map[string][]struct {
		headers []string
		status  int
		left    int // in RateLimit; -1: there is none
	}{
		"/open": { // X-Who is nothing that it looks at
			{[]string{from("192.0.2.1"), "X-Who: ada"}, 200, 1},
			{[]string{from("192.0.2.1"), "X-Who: bob"}, 200, 0},
			{[]string{from("192.0.2.1"), "X-Who: eve"}, 429, 0},
			{[]string{from("192.0.2.2")}, 200, 1},
			{[]string{from("2001:db8::1")}, 200, 1},
			{[]string{from("2001:db8::2:1")}, 200, 0},
			{[]string{from("2001:db8::3:1:1")}, 429, 0},
			{[]string{from("2001:db8:0:1::1")}, 200, 1},
		},
		"/closed": { // who is not let in is not counted
			{[]string{from("192.0.2.1"), "X-Who: ada"}, 200, 1},
			{[]string{from("192.0.2.1"), "X-Who: bob"}, 200, 1},
			{[]string{from("192.0.2.1")}, 401, -1},
			{[]string{from("192.0.2.2"), "X-Who: ada"}, 200, 0},
			{[]string{from("192.0.2.3"), "X-Who: ada"}, 429, 0},
			{[]string{from("192.0.2.3"), "X-Who: bob"}, 200, 0},
		},
		"/address": { // before it is known who calls
			{[]string{from("192.0.2.1"), "X-Who: ada"}, 200, 1},
			{[]string{from("192.0.2.1")}, 401, 0},
			{[]string{from("192.0.2.1"), "X-Who: bob"}, 429, 0},
		},
		"/unlimited": {
			{nil, 200, -1}, {nil, 200, -1}, {nil, 200, -1},
		},
	} {
		for i, c := range calls {
			got := send(t, "GET", host.url+name, nil, c.headers...)
			rate := got.header.Get("RateLimit")
			want := fmt.Sprintf(`"default";r=%d;t=`, c.left)
			if got.status != c.status || c.left >= 0 && !strings.HasPrefix(rate, want) || c.left < 0 && rate != "" {
				t.Errorf("%s, call %d: %d, %q; want %d, %q", name, i+1, got.status, rate, c.status, want)
			}
			if policy := got.header.Get("RateLimit-Policy"); c.left >= 0 && policy != `"default";q=2;w=3600` {
				t.Errorf("%s, call %d: the policy is %q", name, i+1, policy)
			}
		}
	}
	got := send(t, "GET", host.url+"/open", nil, from("192.0.2.1"))
	p := got.problem(t)
	if retry := got.header.Get("Retry-After"); p.Status != 429 || !strings.Contains(p.Detail, "again in 1") || len(retry) != 4 {
		t.Errorf("refused with %+v, Retry-After: %s", p, retry)
	}
	if line := host.log.line(t, p.RequestID); line["fault"] != "too_many" || line["level"] != "INFO" {
		t.Errorf("logged as %v", line)
	}
	shown := send(t, "GET", host.url+"/metrics", nil, "Authorization: Bearer t").body
	if want := `switchyard_http_rate_limited_total{function="api/open",project="shop"} 3`; !strings.Contains(shown, want) {
		t.Errorf("the metrics lack %s", want)
	}
}

// counted counts how often it is asked, and refuses nobody.
type counted struct{ asked atomic.Int32 }

func (c *counted) Take(_ context.Context, function, client string, interval, window time.Duration) (time.Duration, bool, error) {
	if function != "api/kept" || client != "user/ada" || interval != 30*time.Minute || window != time.Hour {
		return 0, false, fmt.Errorf("asked for %s, %s, %v, %v", function, client, interval, window)
	}
	c.asked.Add(1)
	return interval, true, nil
}

// TestRateLimitOfAll has the store asked where a function says so, and nowhere else.
func TestRateLimitOfAll(t *testing.T) {
	t.Parallel()
	kept := typed("api/kept", fn.Endpoint{Route: "GET /kept", RateLimit: twice(fn.ByCaller)}, endpoint.New(who{}))
	kept.Limits = service.New("callrate", func(context.Context) (*counted, error) { return &counted{}, nil })
	rates := &counted{}
	host := start(t, serve.Config{Rates: rates, Functions: []function.Function{
		kept,
		typed("api/alone", fn.Endpoint{Route: "GET /alone", RateLimit: twice(fn.ByCaller)}, endpoint.New(who{})),
	}})
	for _, path := range []string{"/kept", "/alone"} {
		if got := send(t, "GET", host.url+path, nil, "X-Who: ada"); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if n := rates.asked.Load(); n != 1 {
		t.Errorf("the store was asked %d times", n)
	}
}

func TestRateLimitIsChecked(t *testing.T) {
	t.Parallel()
	for _, r := range []fn.Rate{{Limit: -1}, {Limit: 1, Per: time.Millisecond}, {Limit: 1, Per: 25 * time.Hour}, {Limit: 1, By: 7}} {
		_, err := serve.New(serve.Config{Functions: []function.Function{
			typed("api/x", fn.Endpoint{Route: "GET /x", Access: fn.Public, RateLimit: r}, endpoint.New(who{})),
		}})
		if err == nil || !strings.Contains(err.Error(), "api/x") || !strings.Contains(err.Error(), "RateLimit") {
			t.Errorf("%+v: got %v", r, err)
		}
	}
}

// vouched is a router that has sent on every request, and knows who called.
type vouched struct{}

func (vouched) Vouched(*http.Request) bool { return true }

func (vouched) Admit(_ http.ResponseWriter, r *http.Request, _ string, _ fn.Access) (*http.Request, error) {
	return r, nil
}

// TestRateLimitBehindRouter leaves counting to the router that is in front.
func TestRateLimitBehindRouter(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Callers: vouched{}, Functions: []function.Function{
		typed("api/open", fn.Endpoint{Route: "GET /open", Access: fn.Public, RateLimit: twice(fn.ByAddress)}, endpoint.New(who{})),
		typed("api/closed", fn.Endpoint{Route: "GET /closed", RateLimit: twice(fn.ByCaller)}, endpoint.New(who{})),
	}})
	for range 3 {
		for _, path := range []string{"/open", "/closed"} {
			if got := send(t, "GET", host.url+path, nil); got.status != http.StatusOK || got.header.Get("RateLimit") != "" {
				t.Errorf("%s: %d, RateLimit: %s", path, got.status, got.header.Get("RateLimit"))
			}
		}
	}
}

// TestRateLimitIsDocumented looks for it in the document of the API.
func TestRateLimitIsDocumented(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: []function.Function{
		typed("api/open", fn.Endpoint{Route: "GET /open", Access: fn.Public, RateLimit: twice(fn.ByAddress)}, endpoint.New(who{})),
	}})
	document := send(t, "GET", host.url+"/openapi.json", nil).body
	if want := `"x-ratelimit":{"by":"address","limit":2,"window":3600}`; !strings.Contains(document, want) {
		t.Errorf("there is no %s in\n%s", want, document)
	}
}
