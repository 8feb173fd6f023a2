package live_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"switchyard/internal/await"
	"switchyard/shared/auth"
	"switchyard/shared/fn"
	"switchyard/shared/live"
)

// sockets serves sockets of ada's topic; what goes wrong goes to reported.
func sockets(t *testing.T, hub *live.Hub, sessions auth.Sessions, reported chan<- error, receive func(context.Context, []byte) error) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := auth.WithSessions(r.Context(), auth.User{ID: "ada"}, auth.Session{ID: r.URL.Query().Get("session")}, sessions)
		ctx = fn.WithReport(ctx, func(err error) { reported <- err })
		hub.ServeSocket(w, r.WithContext(ctx), receive, live.User("ada"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func dial(t *testing.T, url string, h http.Header) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		t.Fatal(resp, err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// readSocket returns the next text that is a message, or the error at the end.
func readSocket(t *testing.T, conn *websocket.Conn) (m said, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
	defer cancel()
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return m, err
		}
		var place struct{ Last string }
		if err := json.Unmarshal(text, &place); err != nil {
			t.Fatal(err)
		}
		if place.Last == "" {
			err = json.Unmarshal(text, &m)
			return m, err
		}
	}
}

func TestSocket(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	var e ended
	url := sockets(t, r.Hub, &e, make(chan error, 1), func(ctx context.Context, text []byte) error {
		return live.Publish(ctx, d, live.User("ada"), "echo", string(text))
	})
	stays, goes := dial(t, url+"?session=1", nil), dial(t, url+"?session=2", nil)
	if err := stays.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	for _, conn := range []*websocket.Conn{stays, goes} {
		if m, err := readSocket(t, conn); err != nil || m.Name != "echo" || string(m.Data) != `"hello"` {
			t.Errorf("got %+v, %v", m, err)
		}
	}
	e.ids.Store(&[]string{"2"})
	if _, err := readSocket(t, goes); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("after the session has ended: %v", err)
	}
	publish(t, d, live.User("ada"), "still here")
	if m, err := readSocket(t, stays); err != nil || m.Name != "said" {
		t.Errorf("the other session: %+v, %v", m, err)
	}
}

// A page of another origin that opens a socket, with the cookies of who looks at it, gets none.
func TestSocketOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	r := newReplica(t, newDB(t))
	url := sockets(t, r.Hub, nil, make(chan error, 1), func(context.Context, []byte) error { return nil })
	for _, origin := range []string{"https://evil.example", "null", url + ".evil.example"} {
		conn, resp, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if err == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v, %v", origin, resp, err)
		}
		if err == nil {
			_ = conn.CloseNow()
		}
	}
	dial(t, url, http.Header{"Origin": {url}})
	await.That(t, "the refused streams are gone", func() bool { return r.Streams() == 1 })
}

// What a client sends may make its receiver panic: then its socket ends, not the process.
func TestSocketWhoseReceiverPanics(t *testing.T) {
	t.Parallel()
	r := newReplica(t, newDB(t))
	reported := make(chan error, 1)
	url := sockets(t, r.Hub, nil, reported, func(context.Context, []byte) error { panic("on purpose") })
	conn := dial(t, url, nil)
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := readSocket(t, conn); err == nil {
		t.Error("the socket goes on")
	}
	if err := <-reported; !strings.Contains(err.Error(), "on purpose") || !strings.Contains(err.Error(), "socket_test.go") {
		t.Errorf("reported: %v", err)
	}
	await.That(t, "the stream is gone", func() bool { return r.Streams() == 0 })
}
