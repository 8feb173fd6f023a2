package live_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/shared/db"
	"switchyard/shared/live"
)

// replica is a process that serves the topics that the query names.
type replica struct {
	*live.Hub
	url    string
	client *http.Client // of those who open its streams; nil: the default
}

// handler serves the topics that the query names.
func (r *replica) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var topics []live.Topic
		for _, t := range req.URL.Query()["topic"] {
			topics = append(topics, live.Topic(t))
		}
		r.ServeEvents(w, req, topics...)
	})
}

func newReplica(t *testing.T, d *db.DB) *replica {
	t.Helper()
	hub, err := live.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- hub.Run(ctx, slog.New(slog.DiscardHandler)) }()
	r := &replica{Hub: hub}
	server := httptest.NewServer(r.handler())
	r.url = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

// said is a message as a client gets it.
type said struct {
	ID    int64
	Topic string
	Name  string
	Data  json.RawMessage
}

// client reads a stream.
type client struct {
	resp  *http.Response
	lines *bufio.Reader
	last  string // the id of the last event
}

// open opens the stream of these topics, after the event last if it is not "". A replica that has
// just begun may need more time than its clients have.
func (r *replica) open(t *testing.T, last string, topics ...string) (c *client) {
	t.Helper()
	await.That(t, "there is a stream", func() (ok bool) {
		c, ok = r.tryOpen(t, last, topics...)
		return ok
	})
	return c
}

// tryOpen is open while replicas come and go; false if there is no stream now.
func (r *replica) tryOpen(t *testing.T, last string, topics ...string) (*client, bool) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"?topic="+strings.Join(topics, "&topic="), nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := cmp.Or(r.client, http.DefaultClient).Do(req)
	if err != nil {
		t.Error(err)
		return nil, false
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &client{resp: resp, lines: bufio.NewReader(resp.Body), last: last}, resp.StatusCode == http.StatusOK
}

// next returns the next event: its name, "message" by default, and its data; an error at the end.
func (c *client) next() (name string, m said, err error) {
	name = "message"
	var id, data string
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			return "", said{}, err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "":
			if id != "" {
				c.last = id
			}
			if data != "" {
				err = json.Unmarshal([]byte(data), &m)
				return name, m, err
			}
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		}
	}
}

// wait returns what the next events of m's kind say, n of them.
func (c *client) wait(t *testing.T, n int) []said {
	t.Helper()
	timer := time.AfterFunc(await.Patience, func() { _ = c.resp.Body.Close() })
	defer timer.Stop()
	var all []said
	for range n {
		name, m, err := c.next()
		if err != nil || name != "message" {
			t.Fatalf("%d of %d messages, then %q, %v", len(all), n, name, err)
		}
		all = append(all, m)
	}
	return all
}

func publish(t *testing.T, d db.Querier, topic live.Topic, data any) {
	t.Helper()
	if err := live.Publish(t.Context(), d, topic, "said", data); err != nil {
		t.Fatal(err)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	one, two := newReplica(t, d), newReplica(t, d)
	a, b := one.open(t, "", "user:a", "room:1"), two.open(t, "", "user:b")
	publish(t, d, "user:a", "first")
	publish(t, d, "user:b", strings.Repeat("long", 50_000))
	publish(t, d, "room:1", map[string]string{"text": "line\nbreak"})
	if got := a.wait(t, 2); string(got[0].Data) != `"first"` || got[0].Topic != "user:a" || got[0].Name != "said" || string(got[1].Data) != `{"text":"line\nbreak"}` {
		t.Errorf("got %+v", got)
	}
	if got := b.wait(t, 1); len(got[0].Data) != 200_002 {
		t.Errorf("%d bytes have arrived", len(got[0].Data))
	}
}

// A client that comes back, to another replica, gets what it has missed and nothing else, although
// transactions are committed in another order than they began.
func TestResume(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	one, two := newReplica(t, d), newReplica(t, d)
	c := one.open(t, "", "user:a")
	early, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, early, "user:a", "early") // has its number, and is committed late
	publish(t, d, "user:a", "seen")
	c.wait(t, 1)
	_ = c.resp.Body.Close()
	publish(t, d, "user:a", "missed")
	publish(t, d, "user:b", "of somebody else")
	if err := early.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := two.open(t, c.last, "user:a")
	got := back.wait(t, 2)
	publish(t, d, "user:a", "new")
	got = append(got, back.wait(t, 1)...)
	var texts []string
	for _, m := range got {
		texts = append(texts, string(m.Data))
	}
	if fmt.Sprint(texts) != `["early" "missed" "new"]` {
		t.Errorf("got %s", texts)
	}
}

// Of what is too long ago, or no place in the log, the client is told to load all anew.
func TestTooLate(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	r := newReplica(t, d)
	for _, last := range []string{"1.1:1:", "nonsense", "9999999999.999999999:999999999:", "x.1:2:3", strings.Repeat("9", 9000)} {
		c := r.open(t, last, "user:a")
		if name, _, err := c.next(); name != "again" || err != nil {
			t.Errorf("after %.20s: %q, %v, want again", last, name, err)
		}
	}
}
