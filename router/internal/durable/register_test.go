package durable_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inngest/inngestgo/group"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// TestProduction registers with a server that wants a key, and lets it run a job by
// signed calls.
func TestProduction(t *testing.T) {
	t.Parallel()
	s := startProduction(t)
	c := &tally{}
	s.serve(t, append(steps("jobs/steps", c), parallel("jobs/parallel", c))...)
	testSteps(t, s, "steps", c)
	// Calls of parallel steps come within one second, and are no replays.
	if got := s.ended(s.send(on("parallel", nil))); got.Status != "Completed" {
		t.Errorf("parallel steps: got %s %s", got.Status, got.Output)
	}
	// The signature of a large call is checked in another way before.
	key := strings.Repeat("große Köpfe & <b>\u2028\t", 1<<12)
	if got := s.ended(s.send(on("steps", map[string]any{"z": 1e21, "key": key, "n": 1}))); got.Status != "Completed" {
		t.Errorf("a large call: got %s %s", got.Status, got.Output)
	}
	if n := s.answers.get("401"); n > 0 {
		t.Errorf("%d calls were refused", n)
	}
}

// parallel has many steps at once, each of which fails at first.
func parallel(name string, c *tally) function.Function {
	spec := fn.Job{Events: eventsOf(name)}
	return newJob(name, spec, func(ctx context.Context, _ *input) (*output, error) {
		var branches []func(context.Context) (any, error)
		for n := range 10 {
			id := fmt.Sprint("branch ", n)
			branches = append(branches, func(ctx context.Context) (any, error) {
				return step.Run(ctx, id, func(context.Context) (int, error) {
					if c.add(id) == 1 {
						return 0, fault.RetryAfter(time.Second, errors.New("not yet"))
					}
					return n, nil
				})
			})
		}
		return nil, group.Parallel(ctx, branches...).AnyError()
	})
}

// newApp returns what registers the functions of a host.
func newApp(t *testing.T, c durable.Config) *registration.App {
	t.Helper()
	host, err := durable.New(c)
	must(t, err)
	return registration.New(host, c.Jobs, c.Logger)
}

// TestRegisterWithWrongKey expects the reason in the log, once, and no end before
// the context's.
func TestRegisterWithWrongKey(t *testing.T) {
	t.Parallel()
	s := startProduction(t)
	jobs := s.untried()
	jobs.SigningKey = config.Secret("ffff" + signingKey)
	log := &syncBuffer{}
	app := newApp(t, durable.Config{Jobs: jobs, Origin: "https://app.example", Logger: slog.New(slog.NewTextHandler(log, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Register(ctx) }()
	eventually(t, "the reason is logged", func() bool { return strings.Contains(log.String(), "401") })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(log.String(), jobs.SigningKey.Reveal()) {
		t.Error("the signing key is in the log")
	}
}

// TestRegisterTriesAgain has Inngest come up late.
func TestRegisterTriesAgain(t *testing.T) {
	t.Parallel()
	var tries tally
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.NotFound(w, r) // it does not tell what is registered
		} else if tries.add(r.Method+" "+r.URL.Path) < 3 {
			http.Error(w, "starting", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	jobs := production(t)
	must(t, jobs.BaseURL.UnmarshalText([]byte(server.URL)))
	log := &syncBuffer{}
	app := newApp(t, durable.Config{Jobs: jobs, Logger: slog.New(slog.NewTextHandler(log, nil))})
	must(t, app.Register(t.Context()))
	if n := tries.get("POST /fn/register"); n != 3 {
		t.Errorf("registered after %d tries, want 3", n)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("the same reason was logged %d times, want once:\n%s", n, log.String())
	}
}

// TestRegisterEnds has a server that accepts and never answers.
func TestRegisterEnds(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }()
	jobs := production(t)
	must(t, jobs.BaseURL.UnmarshalText([]byte("http://"+listener.Addr().String())))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	app := newApp(t, durable.Config{Jobs: jobs, Logger: testLog(t)})
	go func() { done <- app.Register(ctx) }()
	conn, err := listener.Accept()
	must(t, err)
	defer func() { _ = conn.Close() }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// syncBuffer is a log that is read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestRegisterAroundARefusal has two functions that Inngest does not take.
func TestRegisterAroundARefusal(t *testing.T) {
	t.Parallel()
	s, c, log := startDev(t), &tally{}, &syncBuffer{}
	broken := fn.Job{Events: eventsOf("broken"), If: "event.data.a = 1"}
	functions := []function.Function{
		plain("jobs/a", c), newJob("jobs/broken", broken, count(c)), plain("jobs/b", c), plain("jobs/c", c),
		schedule("jobs/never", fn.Schedule{Cron: "61 * * * *"}, nil),
	}
	app := newApp(t, durable.Config{
		Functions: functions, Jobs: s.untried(), Origin: "http://127.0.0.1:1", Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	for range 2 {
		must(t, app.Register(t.Context()))
		s.knows("jobs-a@http://127.0.0.1:1", "jobs-b@http://127.0.0.1:1", "jobs-c@http://127.0.0.1:1")
	}
	const want = `level=ERROR msg="Inngest refuses functions, and has the others: ` +
		`look at their expressions (If, Key, Priority) and their Cron" functions="[jobs/broken jobs/never]" reasons="map[jobs/broken:/fn/register: Inngest answered 400 Bad Request: `
	if n := strings.Count(log.String(), want); n != 1 {
		t.Errorf("said %d times, want once:\n%s", n, log.String())
	}
}
