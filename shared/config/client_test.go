package config_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/config"
)

// Who is believed follows from the environment by one rule.
func TestTrust(t *testing.T) {
	t.Parallel()
	r := func() *http.Request {
		return &http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{
			"X-Forwarded-For": {"6.6.6.6, 203.0.113.7, 10.0.0.2"}, "X-Real-Ip": {"203.0.113.8"}, "Cf-Connecting-Ip": {"203.0.113.9"},
		}}
	}
	for _, tt := range []struct {
		env  string // variables, with spaces between them
		want string
	}{
		{"", "10.0.0.1"},
		{"TRUSTED_PROXIES=none", "10.0.0.1"},
		{"TRUSTED_PROXIES=0", "10.0.0.1"},
		{"TRUSTED_PROXIES=1", "10.0.0.2"},
		{"TRUSTED_PROXIES=2", "203.0.113.7"},
		{"TRUSTED_PROXIES=10.0.0.0/8", "203.0.113.7"},
		{"TRUSTED_PROXIES=10.0.0.1", "10.0.0.2"},
		{"TRUSTED_PROXIES=::ffff:10.0.0.0/104,2001:db8::/32", "203.0.113.7"},
		{"TRUSTED_PROXIES=192.0.2.0/24", "10.0.0.1"},
		{"TRUSTED_PROXIES=1 CLIENT_IP_HEADER=CF-Connecting-IP", "203.0.113.9"},
		{"TRUSTED_PROXIES=192.0.2.0/24 CLIENT_IP_HEADER=CF-Connecting-IP", "10.0.0.1"},
		{"RAILWAY_ENVIRONMENT_ID=e", "203.0.113.8"},
		{"RAILWAY_ENVIRONMENT_ID=e CLIENT_IP_HEADER=CF-Connecting-IP", "203.0.113.9"},
		{"RAILWAY_ENVIRONMENT_ID=e TRUSTED_PROXIES=none", "10.0.0.1"},
		{"RAILWAY_ENVIRONMENT_ID=e TRUSTED_PROXIES=2", "203.0.113.7"},
	} {
		reader := config.NewReader(environ(tt.env))
		server := config.Read[config.Server](reader)
		if err := reader.Err(); err != nil {
			t.Errorf("%q: %v", tt.env, err)
		}
		if got, _ := server.Trust().Of(r()); got.String() != tt.want {
			t.Errorf("%q: got %s, want %s", tt.env, got, tt.want)
		}
	}
}

// environ returns the environment that s lists.
func environ(s string) func(string) string {
	return func(name string) string {
		for pair := range strings.SplitSeq(s, " ") {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return strings.ReplaceAll(value, "+", " ")
			}
		}
		return ""
	}
}

func TestClientProblems(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"TRUSTED_PROXIES=-1":                                 "TRUSTED_PROXIES is malformed: want a number up to 16",
		"TRUSTED_PROXIES=17":                                 "TRUSTED_PROXIES is malformed: want a number up to 16",
		"TRUSTED_PROXIES=10.0.0.0/8,edge":                    "TRUSTED_PROXIES is malformed: want how many proxies",
		"TRUSTED_PROXIES=10.0.0.0/99":                        "TRUSTED_PROXIES is malformed: want how many proxies",
		"CLIENT_IP_HEADER=X-Forwarded-For":                   "TRUSTED_PROXIES is not set, but CLIENT_IP_HEADER is: say who may set that header",
		"CLIENT_IP_HEADER=none":                              "CLIENT_IP_HEADER is no header: without a proxy, leave it",
		"BETTER_AUTH_TRUSTED_ORIGINS=https://a.example,null": "BETTER_AUTH_TRUSTED_ORIGINS is malformed: entry 2 is no origin: want such as https://app.example",
		"BETTER_AUTH_TRUSTED_ORIGINS=https://":               "BETTER_AUTH_TRUSTED_ORIGINS is malformed: entry 1 is no origin",
		"BETTER_AUTH_TRUSTED_ORIGINS=https://a.example/x":    "BETTER_AUTH_TRUSTED_ORIGINS is malformed: entry 1 is not what browsers send",
		"BETTER_AUTH_TRUSTED_ORIGINS=*":                      "BETTER_AUTH_TRUSTED_ORIGINS is malformed: entry 1 trusts everybody",
		"HSTS=yes":                                           "HSTS is malformed: want off, or max-age=",
		"HSTS=max-age=60;+preload":                           "HSTS is malformed: preload wants",
		"HSTS=max-age=60;+includeDomains":                    "HSTS is malformed: want nothing after",
		"HSTS=max-age=-1;includeSubDomains":                  "HSTS is malformed: want off, or max-age=",
	} {
		reader := config.NewReader(environ(env))
		config.Read[config.Server](reader)
		var problems *config.Error
		if err := reader.Err(); !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", env, err, want)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	reader := config.NewReader(environ("BETTER_AUTH_TRUSTED_ORIGINS=https://front.example/,+*.wild.example,,myapp://"))
	got := config.Read[config.TrustedOrigins](reader)
	want := config.TrustedOrigins{Trusted: config.Origins{"https://front.example", "*.wild.example", "myapp://"}}
	if diff := cmp.Diff(want, got); diff != "" || reader.Err() != nil {
		t.Errorf("origins (-want +got):\n%s%v", diff, reader.Err())
	}
}

func TestStrictTransport(t *testing.T) {
	t.Parallel()
	const url = "BETTER_AUTH_URL=https://shop.example "
	for env, want := range map[string]string{
		"":                                      "",
		"BETTER_AUTH_URL=http://127.0.0.1:3000": "",
		url:                                     "max-age=31536000",
		"RAILWAY_PUBLIC_DOMAIN=shop.example":    "max-age=31536000",
		url + "HSTS=off":                        "",
		url + "HSTS=max-age=0":                  "max-age=0",
		url + "HSTS=Max-Age=63072000;+includesubdomains;+preload": "max-age=63072000; includeSubDomains; preload",
	} {
		reader := config.NewReader(environ(env))
		if got := config.Read[config.Server](reader).StrictTransport(); got != want || reader.Err() != nil {
			t.Errorf("%q: got %q, want %q (%v)", env, got, want, reader.Err())
		}
	}
}
