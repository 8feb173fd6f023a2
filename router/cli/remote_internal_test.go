package cli

import (
	"strings"
	"testing"
)

// TestRemoteNeedsLess looks at what a router is asked for whose functions run elsewhere:
// what admits their callers, and nothing else.
func TestRemoteNeedsLess(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		function, fallback string
		with, without      string
	}{
		"public":            {"api/webhooks/receive", "off", "remote", "db events DATABASE_URL WEBHOOKS"},
		"signed in":         {"api/keys/create", "off", "remote auth/betterauth DATABASE_URL", "auth/apikey"},
		"machine":           {"api/keys/self", "off", "remote auth/apikey DATABASE_URL", "auth/betterauth BETTER_AUTH_SECRET"},
		"may have to run":   {"api/keys/create", "local", "remote auth/betterauth auth/apikey", ""},
		"a job":             {"jobs/mail", "local", "db events SWITCHYARD_REMOTE INNGEST_SIGNING_KEY", "mailer SMTP_URL"},
		"another function":  {"api/keys/list", "off", "remote SWITCHYARD_REMOTE SWITCHYARD_CALLER_KEY", "auth/apikey"},
		"what is malformed": {"api/keys/create=x", "off", "SWITCHYARD_REMOTE auth/apikey", "remote"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := []string{"SWITCHYARD_REMOTE=" + tt.function + "=https://a.example", "SWITCHYARD_REMOTE_FALLBACK=" + tt.fallback}
			only, _, _ := strings.Cut(tt.function, "=")
			a, err := testProgram(env).newApp(selection{Only: []string{only}})
			if err != nil {
				t.Fatal(err)
			}
			wantNeeds(t, a, tt.with, tt.without)
		})
	}
}

func TestRemoteNames(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"api/keys/craete=https://a.example": `"api/keys/craete", and there is no such function; there are api/keys/create`,
	} {
		if _, errOut, status := verb(t, []string{"SWITCHYARD_REMOTE=" + value}, "env"); status != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: status %d, %s", value, status, errOut)
		}
	}
	for value, want := range map[string]string{
		"api/keys/create":                   "SWITCHYARD_REMOTE is malformed",
		"api/keys/create=https://a.example": "SWITCHYARD_CALLER_KEY is not set",
		"jobs/mail=https://a.example":       "",
		"jobs/mial=https://a.example":       "there is no such function",
	} {
		_, errOut, _ := verb(t, []string{"SWITCHYARD_REMOTE=" + value}, "check", "--env")
		if got := strings.Contains(errOut, "SWITCHYARD_"); got != (want != "") || !strings.Contains(errOut, want) {
			t.Errorf("%s: %s", value, errOut)
		}
	}
}
