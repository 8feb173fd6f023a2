package serving_test

import (
	"fmt"
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

// TestRightPasswordsPass has clients in as many networks guess at Ada's password without end.
// She signs in meanwhile, from a network of her own.
func TestRightPasswordsPass(t *testing.T) {
	t.Parallel()
	env := append(routertest.Environment(t, ""), "TRUSTED_PROXIES=1")
	r := routertest.Start(t, catalog.Program(), env)
	r.SignUp()
	signIn := func(ip, password string) int {
		body := `{"email":"ada@example.com","password":"` + password + `"}`
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/api/auth/sign-in/email", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		req.Header = http.Header{"Content-Type": {"application/json"}, "Origin": {r.URL}, "X-Forwarded-For": {ip}}
		resp := r.Do(req)
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	const guessers = 12
	var guessing, first sync.WaitGroup
	stop := make(chan struct{})
	first.Add(guessers)
	for i := range guessers {
		guessing.Go(func() {
			for try := 0; ; try++ {
				if status := signIn(fmt.Sprintf("2001:db8:1:%x::1", i), "a guess that is wrong"); status != http.StatusUnauthorized && status != http.StatusServiceUnavailable {
					t.Errorf("a guess: status %d", status)
				}
				if try == 0 {
					first.Done()
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	first.Wait()
	for range 5 {
		if status := signIn("203.0.113.7", "correct horse battery"); status != http.StatusOK {
			t.Errorf("the right password: status %d", status)
		}
	}
	close(stop)
	guessing.Wait()
}
