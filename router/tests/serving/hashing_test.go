package serving_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

// TestSignInsLeaveRoomForOthers sends 200 sign-ins at once, each of which hashes a
// password, and uses the router as long as they are under way.
func TestSignInsLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	r := routertest.Start(t, catalog.Program(), routertest.Environment(t, "")).SignUp()
	const body = `{"email":"ada@example.com","password":"correct horse battery"}`
	type answer struct {
		status int
		retry  string
	}
	const senders = 200
	answers := make(chan answer, senders)
	var underWay sync.WaitGroup
	nobody := *r
	nobody.Cookie = ""
	for range senders {
		underWay.Go(func() {
			resp := nobody.Send(http.MethodPost, "/api/auth/sign-in/email", strings.NewReader(body))
			_ = resp.Body.Close()
			answers <- answer{resp.StatusCode, resp.Header.Get("Retry-After")}
		})
	}
	done := make(chan struct{})
	go func() {
		underWay.Wait()
		close(answers)
		close(done)
	}()
	others := 0
	for working := true; working; others++ {
		select {
		case <-done:
			working = false
		default:
		}
		if status := r.Call(http.MethodGet, "/api/keys", nil, nil); status != http.StatusOK {
			t.Errorf("meanwhile, the list of keys: status %d", status)
		}
	}
	statuses := map[int]int{}
	for a := range answers {
		statuses[a.status]++
		if a.status == http.StatusServiceUnavailable && a.retry == "" {
			t.Error("a sign-in that found no place was not told when to try again")
		}
	}
	if statuses[http.StatusOK] == 0 || statuses[http.StatusOK]+statuses[http.StatusServiceUnavailable] != senders {
		t.Errorf("answers by status: %v; want 200 or 503", statuses)
	}
	t.Logf("sign-ins by status: %v; other requests meanwhile: %d", statuses, others)
}
