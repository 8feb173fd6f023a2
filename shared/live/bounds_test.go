package live_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/live"
)

// signedIn serves the user's own topic to ada.
func signedIn(hub *live.Hub, sessions auth.Sessions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := auth.User{ID: "ada"}
		if r.URL.Query().Has("bob") {
			user.ID = "bob"
		}
		ctx := auth.WithSessions(r.Context(), user, auth.Session{ID: r.URL.Query().Get("session")}, sessions)
		hub.ServeEvents(w, r.WithContext(ctx), live.User(user.ID))
	})
}

// ended are the sessions that have ended.
type ended struct{ ids atomic.Pointer[[]string] }

func (e *ended) Ended(_ context.Context, ids []string) ([]string, error) {
	all := e.ids.Load()
	if all == nil {
		return nil, nil
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(*all, id) }), nil
}

func TestEndOfSession(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	var e ended
	server := httptest.NewServer(signedIn(r.Hub, &e))
	t.Cleanup(server.Close)
	r.url = server.URL
	stays, goes := r.open(t, "", "x&session=1"), r.open(t, "", "x&session=2")
	e.ids.Store(&[]string{"2"})
	if name, _, err := goes.next(); name != "signed-out" || err != nil {
		t.Errorf("got %q, %v, want that it is signed out", name, err)
	}
	if _, _, err := goes.next(); err == nil {
		t.Error("there was an event")
	}
	publish(t, d, live.User("ada"), "still here")
	stays.wait(t, 1)
}

// Who opens too many streams is refused, and nobody else.
func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	server := httptest.NewServer(signedIn(r.Hub, nil))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	get := func(query string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	statuses := map[int]int{}
	var last *http.Response
	for range 1000 {
		last = get("")
		statuses[last.StatusCode]++
	}
	if statuses[http.StatusOK] != 64 || statuses[http.StatusTooManyRequests] != 936 || last.Header.Get("Retry-After") == "" {
		t.Errorf("statuses %v, Retry-After %q", statuses, last.Header.Get("Retry-After"))
	}
	if other := get("?bob"); other.StatusCode != http.StatusOK {
		t.Errorf("another user: %d", other.StatusCode)
	}
}

// A client that does not read is dropped, gets all when it comes again, and costs others nothing.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	slow, fast := r.open(t, "", "user:a"), r.open(t, "", "user:a")
	const n = 1000
	read := make(chan int, 1)
	keepsUp := make(chan struct{}, 20) // on a busy machine, the other one is not slow either
	go func() {
		defer close(keepsUp)
		seen := 0
		for seen < n {
			if _, _, err := fast.next(); err != nil {
				break
			}
			seen++
			keepsUp <- struct{}{}
		}
		read <- seen
	}()
	for i := range n {
		if i >= cap(keepsUp) {
			<-keepsUp
		}
		publish(t, d, "user:a", strings.Repeat("x", 20_000))
	}
	if got := <-read; got != n {
		t.Errorf("the other one has seen %d of %d", got, n)
	}
	seen := 0
	for seen < n {
		_, _, err := slow.next()
		if err != nil {
			break
		}
		seen++
	}
	if seen == n {
		t.Fatal("it was not slow: all were buffered")
	}
	for seen < n {
		back := r.open(t, slow.last, "user:a")
		for seen < n {
			name, _, err := back.next()
			if err != nil {
				break
			}
			if name == "again" {
				t.Fatal("what it has missed was not to be had")
			}
			seen++
		}
		slow.last = back.last
	}
}

func TestFrozenHost(t *testing.T) {
	t.Parallel()
	hub, err := live.Open(t.Context(), newDB(t))
	if err != nil {
		t.Fatal(err)
	}
	flush := hub.Track()
	w := httptest.NewRecorder()
	hub.ServeEvents(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live", nil), "user:a")
	if w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "Ask again") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if err := flush(t.Context()); err != nil {
		t.Error(err)
	}
}

// The streams of a process that stops end, and it takes no new ones.
func TestEndStreams(t *testing.T) {
	t.Parallel()
	r := newReplica(t, newDB(t))
	c := r.open(t, "", "user:a")
	r.EndStreams()
	if _, _, err := c.next(); err == nil {
		t.Error("there was an event")
	}
	w := httptest.NewRecorder()
	r.ServeEvents(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live", nil), "user:a")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

// A place that no server gave out, though it looks like one, makes the client load anew, and is no
// error of ours.
func TestPlacesMadeUp(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	now := strconv.FormatInt(time.Now().Unix(), 10)
	for _, last := range []string{
		"x", ".", "....", now, now + ".", now + ".1:2", now + ".0:0:", now + ".5:3:", now + ".1:5:9", now + ".1:5:3,2", now + ".1:5:3,3",
		now + ".9999999999999999999:9999999999999999999:", "99999999999999999999.1:1:", "-1.1:1:", now + ".1:1:.5:3:.1", now + ".1:2:.1:2:.x",
		now + ".1:2:.1:2:.99999999999999999999", now + ".1:1:" + strings.Repeat("1,", 10_000) + "1", strings.Repeat(".", 20_000), "'; DROP TABLE live_message; --",
	} {
		c := r.open(t, last, "room:1")
		if name, _, err := c.next(); name != "again" || err != nil {
			t.Errorf("%.40q: %s, %v", last, name, err)
		}
		_ = c.resp.Body.Close()
	}
}
