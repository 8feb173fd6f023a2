package faults_test

import (
	"bufio"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestStreamsWhilePostgresRestarts restarts the database under the open streams of a user, at two
// routers, while files are uploaded. The streams stay open, and each says once whatever was published.
func TestStreamsWhilePostgresRestarts(t *testing.T) {
	t.Parallel()
	e := startEngine(t, conduct{})
	r := start(t, kind{desk: true, server: e.url, replicas: 2})
	c := r.signUp("ada")
	var streams []*stream
	for _, one := range r.routers {
		streams = append(streams, c.stream(one.url))
	}
	for range 2 {
		uploads(t.Context(), []*client{c}, len(c.acknowledged)+10)()
		_ = r.postgres.Stop() // if it had to be killed it is as gone
		time.Sleep(size.load)
		r.startPostgres()
	}
	uploads(t.Context(), []*client{c}, len(c.acknowledged)+10)()
	until(t, "all files are ready", func() bool { return r.ready(c.acknowledged) == len(c.acknowledged) })
	published := r.published()
	for i, s := range streams {
		until(t, "a stream has said all", func() bool { return s.said() >= len(published) })
		s.judge(published)
		r.report("the stream at router %d has said %d messages", i, len(published))
	}
}

// published returns the ids of all messages, in order.
func (r *rig) published() []int64 {
	r.t.Helper()
	var ids []int64
	must(r.t, r.db.QueryRow(r.t.Context(), `SELECT array_agg(id ORDER BY id) FROM live_message WHERE topic LIKE 'user:%'`).Scan(&ids))
	return ids
}

// stream is one of a client's, open until the test ends.
type stream struct {
	t *testing.T

	mu    sync.Mutex
	times map[int64]int // how often each message was said, by its id
	other []string      // what was said beside messages
	ended bool
}

// stream opens the stream of what happens to the client's files, once there are any: a router listens
// to the database when it has registered its jobs.
func (c *client) stream(router string) *stream {
	t := c.rig.t
	t.Helper()
	s := &stream{t: t, times: map[int64]int{}}
	until(t, "there is a stream", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, router+"/live", nil)
		must(t, err)
		req.Header.Set("Cookie", c.cookie)
		res, err := c.http.Transport.RoundTrip(req) // without the client's limit of time
		must(t, err)
		t.Cleanup(func() { _ = res.Body.Close() })
		if res.StatusCode != http.StatusOK {
			return false
		}
		go s.read(bufio.NewScanner(res.Body))
		return true
	})
	return s
}

func (s *stream) read(lines *bufio.Scanner) {
	for lines.Scan() {
		s.note(lines.Text())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

func (s *stream) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name, ok := strings.CutPrefix(line, "event: "); ok {
		s.other = append(s.other, name)
	}
	data, ok := strings.CutPrefix(line, "data: ")
	if !ok {
		return
	}
	var message struct{ ID int64 }
	if err := json.Unmarshal([]byte(data), &message); err != nil {
		s.other = append(s.other, data)
	}
	s.times[message.ID]++
}

// said returns how many different messages were.
func (s *stream) said() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

// judge fails the test unless each of these messages was said once, and nothing else.
func (s *stream) judge(published []int64) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := slices.Sorted(maps.Keys(s.times)); !slices.Equal(got, published) {
		s.t.Errorf("said were %v, published %v", got, published)
	}
	for id, times := range s.times {
		if times != 1 {
			s.t.Errorf("message %d was said %d times", id, times)
		}
	}
	if s.ended || len(s.other) > 0 {
		s.t.Errorf("the stream has ended: %t; it said besides: %q", s.ended, s.other)
	}
}
