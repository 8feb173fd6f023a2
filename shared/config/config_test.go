package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/config"
)

func env(kv ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return func(name string) string { return m[name] }
}

func TestServerDefaults(t *testing.T) {
	t.Parallel()
	r := config.NewReader(env())
	got := config.Read[config.Server](r)
	want := config.Server{
		Port: 8080, LogFormat: "auto", LogLevel: slog.LevelInfo, DrainTimeout: 25 * time.Second,
		Public: config.Public{HSTS: "max-age=31536000"},
	}
	if diff := cmp.Diff(want, got); diff != "" || r.Err() != nil {
		t.Errorf("error %v, difference (-want +got):\n%s", r.Err(), diff)
	}
}

func TestMetricsToken(t *testing.T) {
	t.Parallel()
	for token, ok := range map[string]bool{"": true, "0123456789abcde": false, "0123456789abcdef": true} {
		r := config.NewReader(env("METRICS_TOKEN", token))
		if got := config.Read[config.Server](r); (r.Err() == nil) != ok || got.MetricsToken.Reveal() != token {
			t.Errorf("%q: %v", token, r.Err())
		}
	}
}

func TestBasePath(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.BasePath{"": "", "/": "", "/v1": "/v1", "/v1/": "/v1", "/a-b/C_1.0~": "/a-b/C_1.0~"} {
		r := config.NewReader(env("LAMBDA_BASE_PATH", text))
		if got := config.Read[config.Server](r).BasePath; got != want || r.Err() != nil {
			t.Errorf("%q: got %q, %v, want %q", text, got, r.Err(), want)
		}
	}
	for _, text := range []string{"v1", "//v1", "/v1//", "/a/../b", "/.", "/a b", "/a%20b", "/ä", "/a?b", "https://a.example/v1"} {
		r := config.NewReader(env("LAMBDA_BASE_PATH", text))
		if config.Read[config.Server](r); r.Err() == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	r := config.NewReader(env(
		"PORT", "eighty",
		"DATABASE_URL", "mysql://root:hunter2@db/app",
		"ENDPOINT", "not a url",
		"INNGEST_DEV", "maybe",
		"INNGEST_SIGNING_KEY", "hunter2",
		"LOG_LEVEL", "hunter2",
		"MAIL_SINK", "hunter2",
		"SMTP_URL", "smtp://127.0.0.1",
	))
	config.Read[config.Server](r)
	config.Read[config.Database](r)
	config.Read[config.Bucket](r)
	config.Read[config.Events](r)
	config.Read[config.Jobs](r)
	config.Read[config.Mail](r)

	var incomplete *config.Error
	if err := r.Err(); !errors.As(err, &incomplete) {
		t.Fatalf("got %v, want a *config.Error", err)
	}
	var names []string
	for _, p := range incomplete.Problems {
		names = append(names, p.Name)
		if p.Use == "" {
			t.Errorf("%s: the report does not say what it is for", p.Name)
		}
	}
	want := []string{
		"ACCESS_KEY_ID", "BETTER_AUTH_URL", "BUCKET", "DATABASE_URL", "ENDPOINT", "INNGEST_DEV", "INNGEST_EVENT_KEY", "INNGEST_SIGNING_KEY",
		"LOG_LEVEL", "MAIL_FROM", "MAIL_SINK", "PORT", "SECRET_ACCESS_KEY",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if strings.Contains(r.Err().Error(), "hunter2") {
		t.Error("the report shows a value")
	}
}

func TestDatabaseURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"postgres://user:password@host:5432/name": true, "postgresql://host/name": true,
		"postgres:///name?host=/run/postgresql": true, // a Unix socket
		"postgres:///name":                      false, "postgres:///name?host=": false, "mysql://host/name": false, "host=db dbname=name": false,
	} {
		r := config.NewReader(env("DATABASE_URL", text))
		if config.Read[config.Database](r); (r.Err() == nil) != want {
			t.Errorf("%q: got %v", text, r.Err())
		}
	}
}

func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	s := config.Secret("hunter2")
	encoded, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).InfoContext(t.Context(), "x", "s", s, "in", struct{ S config.Secret }{s})
	for _, shown := range []string{
		fmt.Sprint(s), fmt.Sprintf("%s %q %x %d %v %+v %#v", s, s, s, s, s, s, s),
		fmt.Sprintf("%v %+v %#v", struct{ S config.Secret }{s}, &s, []config.Secret{s}),
		string(encoded), logged.String(),
	} {
		if strings.Contains(shown, "hunter2") || strings.Contains(shown, "68756e74657232") {
			t.Errorf("the secret shows in %q", shown)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not return the secret")
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://example.com":        "https://example.com",
		"https://example.com//":      "https://example.com",
		"http://127.0.0.1:8288":      "http://127.0.0.1:8288",
		"http://[::1]:8288/":         "http://[::1]:8288",
		"shop.up.railway.app":        "https://shop.up.railway.app",
		"localhost:3000":             "https://localhost:3000",
		"https://a.example/o/v2/go/": "https://a.example/o/v2/go",
		"https://":                   "", // what Railway makes of "https://${{RAILWAY_PUBLIC_DOMAIN}}" without a domain
		"https:///":                  "",
		"https:":                     "",
		"https://https:":             "",
		"https://:443":               "",
		"https:///path":              "",
		"ftp://example.com":          "",
		"https://exa mple.com":       "",
		"https://user:pw@a.example":  "",
		"https://a.example:65535":    "https://a.example:65535",
		"https://a.example:65536":    "",
		"https://a.example:0":        "",
		"https://a.example:99999/v1": "",
		"https://a.example/?":        "",
		"https://a.example?a=b":      "",
		"https://a.example/v1#":      "",
		"a.example#x":                "",
	} {
		var got config.URL
		if err := got.UnmarshalText([]byte(text)); (err == nil) != (want != "") || got.String() != want {
			t.Errorf("%q is %q, want %q: %v", text, got, want, err)
		}
	}
}

func TestBucket(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env       func(string) string
		name      string
		pathStyle bool
	}{
		"Railway's names": {
			env("BUCKET", "b", "ACCESS_KEY_ID", "k", "SECRET_ACCESS_KEY", "s", "ENDPOINT", "https://storage.railway.app"),
			"b", false,
		},
		"the AWS SDK's names": {
			env("AWS_S3_BUCKET_NAME", "a", "AWS_ACCESS_KEY_ID", "k", "AWS_SECRET_ACCESS_KEY", "s", "AWS_ENDPOINT_URL", "https://storage.railway.app", "AWS_S3_URL_STYLE", "path"),
			"a", true,
		},
		"own names win": {
			env("BUCKET", "b", "AWS_S3_BUCKET_NAME", "a", "ACCESS_KEY_ID", "k", "SECRET_ACCESS_KEY", "s", "ENDPOINT", "http://127.0.0.1:9000"),
			"b", true,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := config.NewReader(tt.env)
			b := config.Read[config.Bucket](r)
			if r.Err() != nil {
				t.Fatal(r.Err())
			}
			if b.Name != tt.name || b.PathStyle() != tt.pathStyle || b.SecretAccessKey.Reveal() != "s" {
				t.Errorf("got %+v, path style %t", b, b.PathStyle())
			}
		})
	}
}

func TestBucketOfRole(t *testing.T) {
	t.Parallel()
	lambda := []string{
		"BUCKET", "b", "ENDPOINT", "https://s3.eu-west-1.amazonaws.com", "AWS_REGION", "eu-west-1",
		"AWS_ACCESS_KEY_ID", "ASIA", "AWS_SECRET_ACCESS_KEY", "role's", "AWS_SESSION_TOKEN", "token",
	}
	tests := map[string]struct {
		own                []string
		key, secret, token string
		wrong              string
	}{
		"the role's":            {nil, "ASIA", "role's", "token", ""},
		"its own":               {[]string{"ACCESS_KEY_ID", "k", "SECRET_ACCESS_KEY", "s"}, "k", "s", "", ""},
		"the role's by name":    {[]string{"ACCESS_KEY_ID", "ASIA", "SECRET_ACCESS_KEY", "role's"}, "ASIA", "role's", "token", ""},
		"half, and no secret":   {[]string{"ACCESS_KEY_ID", "k"}, "k", "role's", "", "SECRET_ACCESS_KEY"},
		"half, and no key":      {[]string{"SECRET_ACCESS_KEY", "s"}, "ASIA", "s", "token", "ACCESS_KEY_ID"},
		"no role, a mixed pair": {[]string{"AWS_SESSION_TOKEN", "", "ACCESS_KEY_ID", "k"}, "k", "role's", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := config.NewReader(env(slices.Concat(lambda, tt.own)...))
			b := config.Read[config.Bucket](r)
			if b.AccessKeyID != tt.key || b.SecretAccessKey.Reveal() != tt.secret || b.SessionToken().Reveal() != tt.token || b.Region != "eu-west-1" {
				t.Errorf("got key %s, secret %s, token %s", b.AccessKeyID, b.SecretAccessKey.Reveal(), b.SessionToken().Reveal())
			}
			wrong := ""
			if incomplete, ok := errors.AsType[*config.Error](r.Err()); ok {
				wrong = incomplete.Problems[0].Name
			}
			if wrong != tt.wrong {
				t.Errorf("wrong is %q, want %q: %v", wrong, tt.wrong, r.Err())
			}
		})
	}
}

func TestInngest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env     func(string) string
		missing []string
		server  string
		dev     bool
	}{
		"production wants keys": {env(), []string{"BETTER_AUTH_URL", "INNGEST_EVENT_KEY", "INNGEST_SIGNING_KEY"}, "https://api.inngest.com", false},
		"0 is not development":  {env("INNGEST_DEV", "0"), []string{"BETTER_AUTH_URL", "INNGEST_EVENT_KEY", "INNGEST_SIGNING_KEY"}, "https://api.inngest.com", false},
		"a key must be hexadecimal": {
			env("INNGEST_EVENT_KEY", "e", "INNGEST_SIGNING_KEY", "signkey-prod-xyz", "BETTER_AUTH_URL", "https://example.com"),
			[]string{"INNGEST_SIGNING_KEY"},
			"https://api.inngest.com", false,
		},
		"the other key too": {
			env("INNGEST_EVENT_KEY", "e", "INNGEST_SIGNING_KEY", "00ff", "INNGEST_SIGNING_KEY_FALLBACK", "old", "BETTER_AUTH_URL", "https://example.com"),
			[]string{"INNGEST_SIGNING_KEY_FALLBACK"},
			"https://api.inngest.com", false,
		},
		"1 is development":        {env("INNGEST_DEV", "1"), nil, "http://127.0.0.1:8288", true},
		"a server is development": {env("INNGEST_DEV", "http://127.0.0.1:9999/"), nil, "http://127.0.0.1:9999", true},
		"self-hosted": {
			env("INNGEST_BASE_URL", "http://inngest.railway.internal:8288", "INNGEST_EVENT_KEY", "e", "INNGEST_SIGNING_KEY", "signkey-prod-00ff", "RAILWAY_PUBLIC_DOMAIN", "shop.up.railway.app"),
			nil, "http://inngest.railway.internal:8288", false,
		},
		"a connection needs no URL": {
			env("INNGEST_CONNECT", "on", "INNGEST_EVENT_KEY", "e", "INNGEST_SIGNING_KEY", "00ff"), nil, "https://api.inngest.com", false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := config.NewReader(tt.env)
			jobs := config.Read[config.Jobs](r)
			config.Read[config.Events](r)
			var missing []string
			if incomplete, ok := errors.AsType[*config.Error](r.Err()); ok {
				for _, p := range incomplete.Problems {
					missing = append(missing, p.Name)
				}
			}
			if diff := cmp.Diff(tt.missing, missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if jobs.Server() != tt.server || jobs.Dev.On != tt.dev {
				t.Errorf("got server %s, development %t", jobs.Server(), jobs.Dev.On)
			}
		})
	}
}

func ExampleRead() {
	r := config.NewReader(env("PORT", "3000"))
	server := config.Read[config.Server](r)
	config.Read[config.Database](r)
	fmt.Println(server.Port)
	fmt.Println(r.Err())
	// Output:
	// 3000
	// the environment is not complete:
	//   DATABASE_URL is not set (where the data is kept: postgres://user:password@host:5432/name)
}
