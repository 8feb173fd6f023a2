package stack_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"switchyard/internal/stack"
)

// Keys of the hosted server. They are no secrets.
const (
	signingKey = "0123456789abcdef"
	eventKey   = "the-event-key"
)

// portOf returns the port of a server's URL.
func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func startHosted(t *testing.T, o stack.HostedOptions) *stack.Inngest {
	t.Helper()
	o.SigningKey, o.EventKey = signingKey, eventKey
	o.Log, o.Progress = logOf(t), progressOf(t)
	in, err := stack.StartHostedInngest(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Stop(); err != nil {
			t.Error(err)
		}
	})
	return in
}

func TestHostedInngest(t *testing.T) {
	t.Parallel()
	for name, external := range map[string]bool{"with PostgreSQL": true, "alone": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := stack.HostedOptions{Options: stack.Options{Dir: tempDir(t)}}
			if external {
				o.Postgres = startPostgres(t, o.Dir).URL
			}
			first := startHosted(t, o)
			event := `{"name":"test/event","data":{}}`
			for key, want := range map[string]int{eventKey: http.StatusOK, "wrong": http.StatusUnauthorized} {
				res := send(t, http.MethodPost, first.URL+"/e/"+key, event, http.Header{"Content-Type": {"application/json"}})
				if res.StatusCode != want {
					t.Errorf("an event with the key %q is answered %s, want %d", key, res.Status, want)
				}
			}
			first.Signal(syscall.SIGKILL)
			<-first.Done()
			o.Port = portOf(t, first.URL)
			if second := startHosted(t, o); second.URL != first.URL {
				t.Errorf("started again at %s, was at %s", second.URL, first.URL)
			}
		})
	}
}

func TestHostedInngestWantsKeys(t *testing.T) {
	t.Parallel()
	_, err := stack.StartHostedInngest(t.Context(), stack.HostedOptions{Options: stack.Options{Dir: tempDir(t)}})
	if err == nil || !strings.Contains(err.Error(), "SigningKey") {
		t.Errorf("got %v", err)
	}
}
