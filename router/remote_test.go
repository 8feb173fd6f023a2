package main

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const remoteKey = "SWITCHYARD_CALLER_KEY=the key of two routers, 32 characters or more"

// TestRemoteNeedsLess looks at what a router is asked for whose functions run elsewhere:
// what admits their callers, and nothing else.
func TestRemoteNeedsLess(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		function, fallback string
		with, without      string
	}{
		"public":            {"api/webhooks/receive", "off", "remote", "db events DATABASE_URL WEBHOOKS"},
		"signed in":         {"api/files/create", "off", "remote auth/betterauth DATABASE_URL", "bucket BUCKET auth/apikey"},
		"machine":           {"api/keys/self", "off", "remote auth/apikey DATABASE_URL", "auth/betterauth BETTER_AUTH_SECRET"},
		"may have to run":   {"api/files/create", "local", "remote auth/betterauth bucket BUCKET", ""},
		"a job":             {"jobs/mail", "local", "db events SWITCHYARD_REMOTE INNGEST_SIGNING_KEY", "mailer SMTP_URL"},
		"another function":  {"api/keys/list", "off", "remote SWITCHYARD_REMOTE SWITCHYARD_CALLER_KEY", "bucket"},
		"what is malformed": {"api/files/create=x", "off", "SWITCHYARD_REMOTE bucket", "remote"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := map[string]string{
				"SWITCHYARD_REMOTE": tt.function + "=https://a.example", "SWITCHYARD_REMOTE_FALLBACK": tt.fallback,
			}
			only, _, _ := strings.Cut(tt.function, "=")
			a, err := newApp(selection{Only: []string{only}}, func(name string) string { return variables[name] })
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
		"api/files/craete=https://a.example": `"api/files/craete", and there is no such function; there are api/files/create`,
	} {
		if _, errOut, status := verb(t, []string{"SWITCHYARD_REMOTE=" + value}, "env"); status != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: status %d, %s", value, status, errOut)
		}
	}
	for value, want := range map[string]string{
		"api/files/create":                   "SWITCHYARD_REMOTE is malformed",
		"api/files/create=https://a.example": "SWITCHYARD_CALLER_KEY is not set",
		"jobs/mail=https://a.example":        "",
	} {
		_, errOut, _ := verb(t, []string{"SWITCHYARD_REMOTE=" + value}, "check", "--env")
		if got := strings.Contains(errOut, "SWITCHYARD_"); got != (want != "") || !strings.Contains(errOut, want) {
			t.Errorf("%s: %s", value, errOut)
		}
	}
}

// TestRemote moves functions to another router and back, by one setting.
func TestRemote(t *testing.T) {
	t.Parallel()
	if *onLambda {
		t.Skip("it needs routers that run all the time")
	}
	env := append(environment(t, ""), remoteKey)
	far := startDesk(t, append(slices.Clone(env), "PORT=0"))
	near := startDesk(t, append(slices.Clone(env), "SWITCHYARD_REMOTE="+strings.Join([]string{
		"api/auth=" + far.url, "api/files/create=" + far.url, "api/files/list=" + far.url, "api/keys/self=" + far.url,
		"pages/files/home=" + far.url, "pages/keys=" + far.url, "pages/sessions=" + far.url,
	}, ",")))
	user := near.signUp()
	f, _ := user.register("a.txt", 3, "text/plain")
	if f.Name != "a.txt" {
		t.Errorf("registered: %+v", f)
	}
	var listed struct{ Files []file }
	if status := user.call("GET", "/api/files", nil, &listed); status != http.StatusOK || len(listed.Files) != 1 || listed.Files[0].ID != f.ID {
		t.Errorf("list: %d %+v", status, listed)
	}
	if status := near.call("GET", "/api/files", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("somebody who is not signed in: %d", status)
	}
	user.asksWithKey()
	user.endsOtherSessions()
	if !strings.Contains(far.log.String(), `"function":"api/files/create"`) {
		t.Error("it did not run there")
	}

	near = startDesk(t, append(slices.Clone(env), "PORT=0")) // without the setting it is home again
	user.url = near.url
	if status := user.call("GET", "/api/files", nil, nil); status != http.StatusOK || !strings.Contains(near.log.String(), "api/files/list") {
		t.Errorf("list: %d", status)
	}
}

// asksWithKey makes a key and asks with it who one is.
func (d *desk) asksWithKey() {
	d.t.Helper()
	var made struct {
		Key    struct{ ID, Name string }
		Secret string
	}
	if status := d.call("POST", "/api/keys", map[string]any{"name": "backup"}, &made); status != http.StatusCreated {
		d.t.Fatalf("make a key: %d", status)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.url+"/api/keys/self", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	resp, err := noRedirect().Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var self struct{ Key struct{ ID, Name string } }
	if err := json.NewDecoder(resp.Body).Decode(&self); err != nil || self.Key != made.Key {
		d.t.Errorf("%d %+v, want %+v: %v", resp.StatusCode, self.Key, made.Key, err)
	}
}

// endsOtherSessions uses a page that needs the cookies of the session.
func (d *desk) endsOtherSessions() {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+"/account/sessions", strings.NewReader("action=others"))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", d.cookie)
	r.Header.Set("Origin", d.url)
	resp, err := noRedirect().Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.Contains(to, "done=others") {
		d.t.Errorf("end the other sessions: %d, to %q", resp.StatusCode, to)
	}
	shown := d.send("GET", "/account/sessions", nil)
	defer shown.Body.Close()
	if text, err := io.ReadAll(shown.Body); err != nil || shown.StatusCode != http.StatusOK || strings.Count(string(text), "this one") != 1 {
		d.t.Errorf("%d %v, and the session is not marked in:\n%s", shown.StatusCode, err, text)
	}
}
