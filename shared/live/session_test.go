package live_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"switchyard/internal/await"
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

// Of a session that had ended before, a cookie may know nothing for some minutes: its streams end at
// once, and neither send nor receive anything.
func TestSessionThatHadEnded(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	var e ended
	e.ids.Store(&[]string{"2"})
	server := httptest.NewServer(signedIn(r.Hub, &e))
	t.Cleanup(server.Close)
	r.url = server.URL
	before := r.open(t, "", "x&session=1")
	publish(t, d, live.User("ada"), "seen")
	before.wait(t, 1)
	last := before.last
	publish(t, d, live.User("ada"), "missed")
	before.wait(t, 1)

	c := r.open(t, last, "x&session=2")
	if name, _, err := c.next(); name != "signed-out" || err != nil || c.last != last {
		t.Errorf("got %q, %v, want that it is signed out; the last id is %s, was %s", name, err, c.last, last)
	}
	if _, _, err := c.next(); err == nil {
		t.Error("there was an event")
	}
	for session, want := range map[string]int{"1": http.StatusOK, "2": http.StatusUnauthorized} {
		resp, err := http.Head(r.url + "?session=" + session)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("HEAD in session %s: %v, %v", session, resp, err)
		}
		_ = resp.Body.Close()
	}

	url := sockets(t, r.Hub, &e, make(chan error, 1), func(context.Context, []byte) error {
		t.Error("it has received a message")
		return nil
	})
	conn := dial(t, url+"?session=2&last="+last, nil)
	_ = conn.Write(t.Context(), websocket.MessageText, []byte("hello"))
	if _, text, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("a socket: %s, %v", text, err)
	}
	await.That(t, "its streams are gone", func() bool { return r.Streams() == 1 })
}

// Nobody hears that somebody has come whose session had ended.
func TestPresenceInSessionThatHadEnded(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	var e ended
	e.ids.Store(&[]string{"2"})
	room := live.TopicOf("room", "1")
	watcher := r.open(t, "", string(room))
	for _, session := range []string{"2", "1"} {
		ctx := auth.WithSessions(t.Context(), auth.User{ID: "ada"}, auth.Session{ID: session}, &e)
		leave, err := r.Join(ctx, room, "in session "+session)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	if got := string(watcher.wait(t, 1)[0].Data); got != `{"member":"in session 1"}` {
		t.Errorf("heard of %s", got)
	}
	if members, err := r.Present(t.Context(), room); err != nil || !slices.Equal(members, []string{"in session 1"}) {
		t.Errorf("present are %v, %v", members, err)
	}
}
