package elsewhere_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

// TestApart has functions of people and of machines run in a process of their own, and a
// page that deals with sessions itself.
func TestApart(t *testing.T) {
	t.Parallel()
	if routertest.OnLambda() {
		t.Skip("each function is apart there")
	}
	env := append(routertest.Environment(t, ""), "SWITCHYARD_APART=api/keys/**,pages/{keys,sessions}", "METRICS_TOKEN=0123456789abcdef")
	r := routertest.Start(t, catalog.Program(), env)
	user := r.SignUp()
	key := user.MakeKey("a")
	if keys := user.Keys(); len(keys) != 1 || keys[0].ID != key.ID {
		t.Errorf("list: %+v, want %+v", keys, key)
	}
	if status := r.Call("GET", "/api/keys", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("somebody who is not signed in: %d", status)
	}
	asksWithKey(user)
	endsOtherSessions(user)
	res := r.Ask(http.MethodGet, "/metrics", "", "Authorization: Bearer 0123456789abcdef")
	defer res.Body.Close()
	metrics, _ := io.ReadAll(res.Body)
	for _, name := range []string{"api/keys/create", "api/keys/self", "pages/sessions"} {
		if !strings.Contains(string(metrics), `switchyard_apart_requests_total{function="`+name+`"`) {
			t.Errorf("%s did not run apart", name)
		}
	}
}

// TestApartUnknown wants what is not there, or elsewhere, to be refused at the start.
func TestApartUnknown(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"SWITCHYARD_APART=api/nothing/**": "no function matches",
		"SWITCHYARD_APART=api/[":          "is malformed",
		"SWITCHYARD_APART=api/auth":       "SWITCHYARD_REMOTE says that api/auth runs elsewhere",
	} {
		env := append(routertest.Environment(t, ""), remoteKey, "SWITCHYARD_REMOTE=api/auth=http://127.0.0.1:1", setting)
		if _, out, status := routertest.Verb(t, catalog.Program(), env, "serve"); status != 2 || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s", setting, status, out)
		}
	}
}
