package elsewhere_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

const remoteKey = "SWITCHYARD_CALLER_KEY=the key of two routers, 32 characters or more"

// TestRemote moves functions to another router and back, by one setting.
func TestRemote(t *testing.T) {
	t.Parallel()
	if routertest.OnLambda() {
		t.Skip("it needs routers that run all the time")
	}
	env := append(routertest.Environment(t, ""), remoteKey)
	far := routertest.Start(t, catalog.Program(), append(slices.Clone(env), "PORT=0"))
	near := routertest.Start(t, catalog.Program(), append(slices.Clone(env), "SWITCHYARD_REMOTE="+strings.Join([]string{
		"api/auth=" + far.URL, "api/keys/create=" + far.URL, "api/keys/list=" + far.URL, "api/keys/self=" + far.URL,
		"pages/keys=" + far.URL, "pages/sessions=" + far.URL, "pages/live=" + far.URL,
	}, ",")))
	user, _ := near.SignUpAs("ada")
	follow(t, user) // at once, and without Inngest; and does not keep the router from stopping
	goes := follow(t, near.SignInAs("ada"))
	key := user.MakeKey("a")
	if keys := user.Keys(); len(keys) != 1 || keys[0].ID != key.ID {
		t.Errorf("list: %+v, want %+v", keys, key)
	}
	if status := near.Call("GET", "/api/keys", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("somebody who is not signed in: %d", status)
	}
	asksWithKey(user)
	endsOtherSessions(user)
	goes.ends()
	await.That(t, "it says that it ran there", func() bool { return strings.Contains(far.Log.String(), `"function":"api/keys/create"`) })

	near = routertest.Start(t, catalog.Program(), append(slices.Clone(env), "PORT=0")) // without the setting it is home again
	user.URL = near.URL
	if keys := user.Keys(); len(keys) != 2 {
		t.Errorf("list: %+v", keys)
	}
	await.That(t, "it says that it ran here", func() bool { return strings.Contains(near.Log.String(), "api/keys/list") })
}

// asksWithKey makes a key and asks with it who one is.
func asksWithKey(user *routertest.Router) {
	user.T.Helper()
	made := user.MakeKey("backup")
	resp := user.Ask(http.MethodGet, "/api/keys/self", "", "Authorization: Bearer "+made.Secret)
	var self struct{ Key routertest.Key }
	made.Secret = ""
	if err := json.NewDecoder(resp.Body).Decode(&self); err != nil || self.Key != made {
		user.T.Errorf("%d %+v, want %+v: %v", resp.StatusCode, self.Key, made, err)
	}
}

// endsOtherSessions uses a page that needs the cookies of the session.
func endsOtherSessions(user *routertest.Router) {
	user.T.Helper()
	resp := user.Ask(http.MethodPost, "/account/sessions", "action=others",
		"Content-Type: application/x-www-form-urlencoded", "Origin: "+user.URL)
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.Contains(to, "done=others") {
		user.T.Errorf("end the other sessions: %d, to %q", resp.StatusCode, to)
	}
	shown := user.Send("GET", "/account/sessions", nil)
	defer shown.Body.Close()
	if text, err := io.ReadAll(shown.Body); err != nil || shown.StatusCode != http.StatusOK || strings.Count(string(text), "this one") != 1 {
		user.T.Errorf("%d %v, and the session is not marked in:\n%s", shown.StatusCode, err, text)
	}
}
