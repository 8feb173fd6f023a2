package stack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/stack"
)

// naps is an application with one job: a step, a sleep of some seconds, and a step.
type naps struct {
	before, after atomic.Int32 // how often each step has run
	sleep         time.Duration
	url           string
}

func startNaps(t *testing.T, inngest string) *naps {
	t.Helper()
	n := &naps{sleep: 6 * time.Second}
	client, err := inngestgo.NewClient(inngestgo.ClientOpts{AppID: "naps", Dev: new(true), APIBaseURL: &inngest, EventAPIBaseURL: &inngest, EventKey: new("x")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = inngestgo.CreateFunction(client, inngestgo.FunctionOpts{ID: "nap"}, inngestgo.EventTrigger("nap/wanted", nil), n.run)
	if err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(client.Serve())
	t.Cleanup(app.Close)
	n.url = app.URL + "/api/inngest"
	return n
}

func (n *naps) run(ctx context.Context, _ inngestgo.Input[map[string]any]) (any, error) {
	count := func(c *atomic.Int32) func(context.Context) (any, error) {
		return func(context.Context) (any, error) { return c.Add(1), nil }
	}
	if _, err := step.Run(ctx, "before", count(&n.before)); err != nil {
		return nil, err
	}
	step.Sleep(ctx, "nap", n.sleep)
	return step.Run(ctx, "after", count(&n.after))
}

// until waits until ok, and fails the test if that does not come.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// What sleeps when the server stops, or is killed, goes on in the next one, and no step
// that had finished runs again.
func TestDurableInngestGoesOn(t *testing.T) {
	t.Parallel()
	if path, err := exec.LookPath("inngest"); err == nil {
		t.Skipf("%s is used as it is, and keeps no runs", path)
	}
	for name, end := range map[string]func(*stack.Inngest){
		"stopped": func(in *stack.Inngest) { _ = in.Stop() },
		"killed": func(in *stack.Inngest) {
			time.Sleep(2 * time.Second) // what is newer may be lost
			in.Signal(syscall.SIGKILL)
			<-in.Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, err := stack.FreePort()
			if err != nil {
				t.Fatal(err)
			}
			o := stack.Options{Dir: tempDir(t), Port: port, Log: logOf(t), Progress: progressOf(t)}
			in, err := stack.StartDurableInngest(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			n := startNaps(t, in.URL)
			if res := send(t, http.MethodPut, n.url, "", nil); res.StatusCode != http.StatusOK {
				t.Fatalf("the application is registered: %s", res.Status)
			}
			send(t, http.MethodPost, in.URL+"/e/"+in.EventKey, `{"name":"nap/wanted","data":{}}`, nil)
			until(t, "the first step has run", func() bool { return n.before.Load() == 1 })
			time.Sleep(500 * time.Millisecond) // the server has heard of it
			end(in)
			if in, err = stack.StartDurableInngest(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = in.Stop() })
			up := time.Now()
			until(t, "the second step has run", func() bool { return n.after.Load() == 1 })
			t.Logf("went on %s after the new start", time.Since(up))
			if n.before.Load() != 1 {
				t.Errorf("the first step has run %d times", n.before.Load())
			}
		})
	}
}
