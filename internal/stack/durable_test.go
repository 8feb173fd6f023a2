package stack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/internal/stack"
)

// naps is an application with one job: a step, a sleep of some seconds, and a step.
type naps struct {
	before, after atomic.Int32 // how often each step has run
	heard         atomic.Int32 // how often the server has called and had the first step's result
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
	n.heard.Add(1)
	step.Sleep(ctx, "nap", n.sleep)
	return step.Run(ctx, "after", count(&n.after))
}

// untilKept waits until a server with this Dir has written down all that it has now. The first
// file that it writes may be of before.
func untilKept(t *testing.T, dir string) {
	t.Helper()
	var last time.Time
	for range 3 { // one that is there, and two
		await.That(t, "the server writes its queues", func() bool {
			info, err := os.Stat(filepath.Join(dir, "inngest", "queue.gob"))
			if err != nil || info.ModTime().Equal(last) {
				return false
			}
			last = info.ModTime()
			return true
		})
	}
}

// What sleeps when the server stops, or is killed, goes on in the next one, and no step
// that had finished runs again.
func TestDurableInngestGoesOn(t *testing.T) {
	t.Parallel()
	if path, err := exec.LookPath("inngest"); err == nil {
		t.Skipf("%s is used as it is, and keeps no runs", path)
	}
	for name, end := range map[string]func(t *testing.T, in *stack.Inngest, dir string){
		"stopped": func(_ *testing.T, in *stack.Inngest, _ string) { _ = in.Stop() },
		"killed": func(t *testing.T, in *stack.Inngest, dir string) {
			t.Helper()
			untilKept(t, dir)
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
			await.That(t, "the first step has run, and the server has heard of it", func() bool { return n.heard.Load() > 0 })
			end(t, in, o.Dir)
			if in, err = stack.StartDurableInngest(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = in.Stop() })
			up := time.Now()
			await.That(t, "the second step has run", func() bool { return n.after.Load() == 1 })
			t.Logf("went on %s after the new start", time.Since(up))
			if n.before.Load() != 1 {
				t.Errorf("the first step has run %d times", n.before.Load())
			}
		})
	}
}
