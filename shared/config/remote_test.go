package config_test

import (
	"strings"
	"testing"

	"switchyard/shared/config"
)

const callerKey = "a key of no less than 32 characters"

func TestRemote(t *testing.T) {
	t.Parallel()
	r := config.NewReader(env(
		"SWITCHYARD_REMOTE", " api/a=https://a.example/prod/ , pages/b=http://127.0.0.1:9000,",
		"SWITCHYARD_CALLER_KEY", callerKey,
	))
	got := config.Read[config.Remote](r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"api/a": "https://a.example/prod", "pages/b": "http://127.0.0.1:9000"}
	for name, base := range got.Functions {
		if base.String() != want[name] {
			t.Errorf("%s is at %s, want %s", name, base, want[name])
		}
	}
	if names := strings.Join(got.Functions.Names(), " "); names != "api/a pages/b" {
		t.Errorf("names: %s", names)
	}
	if got.Fallback != config.FallbackOff {
		t.Errorf("fallback: %s", got.Fallback)
	}
}

func TestRemoteProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		env  []string
		want []string // nothing: it is well
	}{
		{"no function", []string{"SWITCHYARD_CALLER_KEY", callerKey}, nil},
		{"a short key", []string{"SWITCHYARD_CALLER_KEY", "hunter2"}, []string{"SWITCHYARD_CALLER_KEY is too short"}},
		{"no key", []string{"SWITCHYARD_REMOTE", "api/a=https://a.example"}, []string{"SWITCHYARD_CALLER_KEY is not set"}},
		{
			"everything",
			[]string{
				"SWITCHYARD_REMOTE", "api/a,=https://x.example,api/b=,api/c=ftp://x,api/d=https://u:hunter2@x,api/e=https://x?y,api/f=https://x,api/f=https://x",
				"SWITCHYARD_REMOTE_FALLBACK", "remote", "SWITCHYARD_CALLER_KEY", callerKey, "SWITCHYARD_CALLER_KEY_FALLBACK", "short",
			},
			[]string{
				"entry 1 is not name=URL", "entry 2 is not name=URL", "api/b has no URL", "api/c has no URL", "api/d has a URL with a user",
				"api/e has a URL with a query", "api/f is there twice", "want one of off, local", "SWITCHYARD_CALLER_KEY_FALLBACK is too short",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := config.NewReader(env(tt.env...))
			config.Read[config.Remote](r)
			if tt.want == nil {
				if r.Err() != nil {
					t.Error(r.Err())
				}
				return
			}
			if r.Err() == nil {
				t.Fatal("no problem was found")
			}
			text := r.Err().Error()
			for _, problem := range tt.want {
				if !strings.Contains(text, problem) {
					t.Errorf("%q is not in: %s", problem, text)
				}
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("a secret is in: %s", text)
			}
		})
	}
}

func TestCallerNeedsAKey(t *testing.T) {
	t.Parallel()
	r := config.NewReader(env())
	config.Read[config.Caller](r)
	if r.Err() == nil || !strings.Contains(r.Err().Error(), "SWITCHYARD_CALLER_KEY is not set") {
		t.Errorf("got %v", r.Err())
	}
}
