package durable_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/durabletest"
)

// stalled is a body that stalls once it is large.
type stalled struct {
	io.Reader // what comes before that

	large    *atomic.Int64 // how many are
	released <-chan struct{}
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, err := s.Reader.Read(p); err == nil {
		return n, nil
	}
	s.large.Add(1)
	<-s.released
	return 0, io.EOF
}

// TestStrangersBodies has many strangers send large bodies at once: few of them are read, and
// nobody who sends a small one waits for them.
func TestStrangersBodies(t *testing.T) {
	t.Parallel()
	const strangers, places = 40, 8
	synctest.Test(t, func(t *testing.T) {
		h := newGuarded(t)
		var large atomic.Int64
		var senders sync.WaitGroup
		released := make(chan struct{})
		for range strangers {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, callTarget(),
				&stalled{Reader: strings.NewReader(strings.Repeat("x", 64<<10)), large: &large, released: released})
			r.Header.Set(inngestgo.HeaderKeySignature, raw("ffff", "", 0))
			senders.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
		}
		synctest.Wait()
		if n := large.Load(); n != places {
			t.Errorf("%d large bodies are read at once, want %d", n, places)
		}
		body := callBody("a")
		if res := durabletest.Call(t, h, http.MethodPost, callTarget(), body, raw(durabletest.SigningKey, body, 0)); res.Code != http.StatusOK {
			t.Errorf("a small one: got %d %s", res.Code, res.Body)
		}
		close(released)
		senders.Wait()
		if n := large.Load(); n != strangers {
			t.Errorf("%d large bodies were read, want %d in the end", n, strangers)
		}
		if got := refusals(t, h.host)["forged"]; got != strangers {
			t.Errorf("%g were refused for their signature, want %d", got, strangers)
		}
	})
}
