package social

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/shared/config"
)

// A provider that repeats what it was sent does not bring it into the log.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	for media, status := range map[string]int{"text/html": 500, "application/json": 200, "application/x-www-form-urlencoded": 200} {
		echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			fmt.Fprint(w, r.Header)
			_, _ = io.Copy(w, r.Body)
		}))
		t.Cleanup(echo.Close)
		r := New(Config{Auth: config.Auth{Social: settings(t, echo.URL)}})
		for _, p := range r.providers {
			_, exchanged := r.exchange(t.Context(), p, "s3cret-code", "s3cret-verifier")
			_, renewed := r.renew(t.Context(), p, "s3cret-refresh")
			_, told := p.person(t.Context(), tokens{access: "s3cret-access", id: "s3cret.id.token"})
			for _, err := range []error{exchanged, renewed, told} {
				if err == nil || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%s: %v", media, err)
				}
			}
		}
	}
}

func settings(t *testing.T, at string) config.Social {
	t.Helper()
	var u config.URL
	if err := u.UnmarshalText([]byte(at)); err != nil {
		t.Fatal(err)
	}
	return config.Social{
		GitHubID: "id", GitHubSecret: "s3cret", GitHubURL: u, GitHubAPI: u,
		GoogleID: "id", GoogleSecret: "s3cret", GoogleAuth: u, GoogleToken: u, GoogleKeys: u,
	}
}

func TestScopeOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer any
		want   string
	}{
		{"a b  c", "a,b,c"},
		{"a,b", "a,b"}, // GitHub's
		{[]any{"a", " b ", 1, ""}, "a,b"},
		{nil, ""},
		{7.0, ""},
	} {
		if got := scopeOf(test.answer); got != test.want {
			t.Errorf("scopeOf(%v) = %q, want %q", test.answer, got, test.want)
		}
	}
}
