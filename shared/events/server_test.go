package events_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/internal/await"
)

// sent is an event as it arrives at Inngest.
type sent struct {
	ID   uuid.UUID       `json:"id"`
	Name string          `json:"name"`
	Data json.RawMessage `json:"data"`
	TS   int64           `json:"ts"`
}

func (s sent) text() string {
	var n note
	_ = json.Unmarshal(s.Data, &n)
	return n.Text
}

// server answers like Inngest's event API, or as refuse says.
type server struct {
	URL string

	mu       sync.Mutex
	accepted []sent
	changed  chan struct{} // closed and replaced with each request
	// refuse returns the status to answer with; 0 and 200 accept the events.
	refuse func(r *http.Request, es []sent) int
}

// serve starts a server for as long as the test runs.
func serve(t *testing.T) *server {
	t.Helper()
	s := &server{changed: make(chan struct{})}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// answer makes the server answer as refuse says from now on.
func (s *server) answer(refuse func(r *http.Request, es []sent) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var es []sent
	if err := json.NewDecoder(r.Body).Decode(&es); err != nil || r.Method != http.MethodPost || r.URL.Path != "/e/"+key {
		http.Error(w, "not how events are sent", http.StatusTeapot)
		return
	}
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	status := http.StatusOK
	if refuse != nil {
		status = max(refuse(r, es), http.StatusOK)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if status == http.StatusOK {
		s.accepted = append(s.accepted, es...)
	}
	close(s.changed)
	s.changed = make(chan struct{})
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "error": "no such key: " + key})
}

// until waits until the accepted events are as many as n, and returns them.
func (s *server) until(t *testing.T, n int) []sent {
	t.Helper()
	for {
		s.mu.Lock()
		accepted, changed := slices.Clone(s.accepted), s.changed
		s.mu.Unlock()
		if len(accepted) >= n {
			return accepted
		}
		select {
		case <-changed:
		case <-time.After(await.Patience):
			t.Fatalf("%d events have arrived, want %d", len(accepted), n)
		}
	}
}

// want waits for notes with these texts and checks that they arrive in this order,
// each whole.
func (s *server) want(t *testing.T, texts ...string) {
	t.Helper()
	var got []string
	for _, e := range s.until(t, len(texts)) {
		got = append(got, e.text())
		if age := time.Since(time.UnixMilli(e.TS)); e.Name != "test/note" || e.ID.Version() != 7 || age < -time.Minute || age > time.Hour {
			t.Errorf("the event %+v is not as published", e)
		}
	}
	if diff := cmp.Diff(texts, got); diff != "" {
		t.Error(diff)
	}
}
