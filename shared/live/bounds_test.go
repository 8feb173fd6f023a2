package live_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/shared/auth"
	"switchyard/shared/live"
)

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
	r.narrow(t)
	slow, fast := r.open(t, "", "user:a"), r.open(t, "", "user:a")
	const n = 80 // 1.6 MB: more than waits for a client, and less than it gets that comes again
	for range n {
		publish(t, d, "user:a", strings.Repeat("x", 20_000))
		fast.wait(t, 1)
	}
	seen, streams := 0, 1
	for ; seen < n; seen++ {
		name, _, err := slow.next()
		for ; err != nil; streams++ {
			slow = r.open(t, slow.last, "user:a")
			name, _, err = slow.next()
		}
		if name != "message" {
			t.Fatalf("after %d messages: %s", seen, name)
		}
	}
	if streams == 1 {
		t.Error("it was not dropped")
	}
}

// narrow has little of what is sent stand between the replica and its clients.
func (r *replica) narrow(t *testing.T) {
	t.Helper()
	const buffer = 4 << 10
	server := httptest.NewUnstartedServer(r.handler())
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if err := c.(*net.TCPConn).SetWriteBuffer(buffer); err != nil {
			t.Error(err)
		}
		return ctx
	}
	server.Start()
	r.url = server.URL
	r.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(buffer)
		}
		return c, err
	}}}
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
}

// What comes at once, or was missed, is sent if it is not too much. Of more, the client is told to
// load all anew, and goes on from there.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		messages, size int
		again          bool
	}{
		"more than waits for a client": {3, 600_000, false},
		"too long":                     {3, 800_000, true},
		"one that is too long":         {1, 3 << 20, true},
		"many":                         {4000, 1, false},
		"too many":                     {5001, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDB(t)
			r := newReplica(t, d)
			idle, back := r.open(t, "", "user:a"), r.open(t, "", "user:a")
			publish(t, d, "user:a", "seen")
			idle.wait(t, 1)
			back.wait(t, 1)
			_ = back.resp.Body.Close()
			_, err := d.Exec(t.Context(), `INSERT INTO live_message (topic, name, data)
				SELECT 'user:a', 'said', to_json(repeat('x', $2::int)) FROM generate_series(1, $1::int)`, tt.messages, tt.size)
			if err != nil {
				t.Fatal(err)
			}
			for what, open := range map[string]func() *client{
				"a stream that goes on": func() *client { return idle },
				"one that resumes":      func() *client { return r.open(t, back.last, "user:a") },
			} {
				c := open()
				if tt.again {
					if name, _, err := c.next(); name != "again" || err != nil {
						t.Fatalf("%s: %s, %v, want again", what, name, err)
					}
				} else {
					c.wait(t, tt.messages)
				}
				publish(t, d, "user:a", what)
				for { // the one that resumes may also get what the other one was sent
					if m := c.wait(t, 1)[0]; string(m.Data) == `"`+what+`"` {
						break
					}
				}
			}
		})
	}
}

// A stream for which there is nothing sends how far it is, so that its client can come back from there.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	idle, other := r.open(t, "", "user:a"), r.open(t, "", "user:b")
	first := idle.place(t)
	publish(t, d, "user:b", "of another topic")
	other.wait(t, 1)
	for range live.Turns {
		if err := live.Beat(r.Hub, t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	second := first
	for range 3 { // heartbeats of before may be on their way
		if second = idle.place(t); second != first {
			break
		}
	}
	if second == first {
		t.Errorf("still at %s", second)
	}
}

// What many streams have left behind since they began is collected, though little else happens.
func TestCollect(t *testing.T) {
	t.Parallel()
	r := newReplica(t, newDB(t))
	collections := func() uint32 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.NumForcedGC
	}
	before := collections()
	for i := range live.ManyStreams {
		ctx := auth.With(t.Context(), auth.User{ID: strconv.Itoa(i)}, auth.Session{})
		if err := live.Subscribe(ctx, r.Hub); err != nil {
			t.Fatal(err)
		}
	}
	await.That(t, "memory is collected", func() bool { return collections() > before })
}

// connection takes all that is written.
type connection struct{ http.ResponseWriter }

func (connection) Write(p []byte) (int, error)      { return len(p), nil }
func (connection) FlushError() error                { return nil }
func (connection) SetWriteDeadline(time.Time) error { return nil }

// Thousands of streams send heartbeats while nothing else happens: these leave nothing to be collected.
func TestAllocationsOfHeartbeat(t *testing.T) { //nolint:paralleltest // the heap is that of the whole process
	beat := live.Heart(connection{})
	if n := testing.AllocsPerRun(100, func() {
		if err := beat(); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("a heartbeat allocates %v times", n)
	}
}

// place returns the next id that the stream sends.
func (c *client) place(t *testing.T) string {
	t.Helper()
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			return id
		}
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
