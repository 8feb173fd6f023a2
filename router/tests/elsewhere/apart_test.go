package elsewhere_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
	"switchyard/shared/live"
)

// TestApart has functions of people and of machines run in a process of their own, a page that
// deals with sessions itself, and one that streams.
func TestApart(t *testing.T) {
	t.Parallel()
	if routertest.OnLambda() {
		t.Skip("each function is apart there")
	}
	env := append(routertest.Environment(t, ""), "SWITCHYARD_APART=api/keys/**,pages/{keys,sessions},pages/live", "METRICS_TOKEN=0123456789abcdef")
	r := routertest.Start(t, catalog.Program(), env)
	user, id := r.SignUpAs("ada")
	stays, goes := follow(t, user), follow(t, r.SignInAs("ada"))
	key := user.MakeKey("a")
	if keys := user.Keys(); len(keys) != 1 || keys[0].ID != key.ID {
		t.Errorf("list: %+v, want %+v", keys, key)
	}
	if status := r.Call("GET", "/api/keys", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("somebody who is not signed in: %d", status)
	}
	asksWithKey(user)
	endsOtherSessions(user)
	goes.until("event: signed-out")
	if err := live.Publish(t.Context(), routertest.DB(t, env), live.User(id), "still here", true); err != nil {
		t.Fatal(err)
	}
	stays.until("data: ") // and does not keep the router from stopping
	for _, name := range []string{"api/keys/create", "api/keys/self", "pages/live", "pages/sessions"} {
		await.That(t, "the metrics say that "+name+" runs apart", func() bool { // processes have a second to tell
			metrics, _ := io.ReadAll(r.Ask(http.MethodGet, "/metrics", "", "Authorization: Bearer 0123456789abcdef").Body)
			return strings.Contains(string(metrics), `switchyard_apart_requests_total{function="`+name+`"`)
		})
	}
}

// following is a stream of what is live.
type following struct {
	t     *testing.T
	body  io.Closer
	lines *bufio.Scanner
}

// follow opens the stream of user, which stays open when the test ends.
func follow(t *testing.T, user *routertest.Router) following {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, user.URL+live.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", user.Cookie)
	resp := user.Do(r)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the stream: status %d", resp.StatusCode)
	}
	return following{t, resp.Body, bufio.NewScanner(resp.Body)}
}

// until reads up to a line that begins so, for a time that only a broken program needs.
func (f following) until(line string) {
	f.t.Helper()
	defer time.AfterFunc(time.Minute, func() { _ = f.body.Close() }).Stop()
	for f.lines.Scan() {
		if strings.HasPrefix(f.lines.Text(), line) {
			return
		}
	}
	f.t.Errorf("the stream has ended before %q: %v", line, f.lines.Err())
}

// ends reads to the end of the stream, for a time as above.
func (f following) ends() {
	f.t.Helper()
	defer time.AfterFunc(time.Minute, func() { _ = f.body.Close() }).Stop()
	for f.lines.Scan() {
	}
	if err := f.lines.Err(); err != nil {
		f.t.Errorf("the stream has not ended as a whole: %v", err)
	}
}

// TestApartUnknown wants what is not there, or elsewhere, to be refused at the start, with all else
// that is wrong.
func TestApartUnknown(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"SWITCHYARD_APART=api/nothing/**": "no function matches",
		"SWITCHYARD_APART=api/[":          "is malformed",
		"SWITCHYARD_APART=api/auth":       "SWITCHYARD_REMOTE says that api/auth runs elsewhere",

		"SWITCHYARD_REMOTE=api/nothing=http://127.0.0.1:1": "there is no such function",
	} {
		env := append(routertest.Environment(t, ""), remoteKey, "SWITCHYARD_REMOTE=api/auth=http://127.0.0.1:1", setting, "DRAIN_DELAY=long")
		_, out, status := routertest.Verb(t, catalog.Program(), env, "serve")
		if status != 2 || !strings.Contains(out, want) || !strings.Contains(out, "DRAIN_DELAY is malformed") {
			t.Errorf("%s: %d %s", setting, status, out)
		}
	}
}
