package registration_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// TestRegisterWithWrongKey expects the reason in the log, once, and no end before
// the context's.
func TestRegisterWithWrongKey(t *testing.T) {
	t.Parallel()
	s := durabletest.StartProduction(t)
	jobs := s.Untried()
	jobs.SigningKey = config.Secret("ffff" + durabletest.SigningKey)
	log := &durabletest.SyncBuffer{}
	app := durabletest.NewApp(t, durable.Config{Jobs: jobs, Origin: "https://app.example", Logger: slog.New(slog.NewTextHandler(log, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Register(ctx) }()
	await.That(t, "the reason is logged", func() bool { return strings.Contains(log.String(), "401") })
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
	var tries durabletest.Tally
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.NotFound(w, r) // it does not tell what is registered
		} else if tries.Add(r.Method+" "+r.URL.Path) < 3 {
			http.Error(w, "starting", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	jobs := durabletest.Production(t)
	durabletest.Must(t, jobs.BaseURL.UnmarshalText([]byte(server.URL)))
	log := &durabletest.SyncBuffer{}
	app := durabletest.NewApp(t, durable.Config{Jobs: jobs, Logger: slog.New(slog.NewTextHandler(log, nil))})
	durabletest.Must(t, app.Register(t.Context()))
	if n := tries.Get("POST /fn/register"); n != 3 {
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
	durabletest.Must(t, err)
	defer func() { _ = listener.Close() }()
	jobs := durabletest.Production(t)
	durabletest.Must(t, jobs.BaseURL.UnmarshalText([]byte("http://"+listener.Addr().String())))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	app := durabletest.NewApp(t, durable.Config{Jobs: jobs, Logger: durabletest.Log(t)})
	go func() { done <- app.Register(ctx) }()
	conn, err := listener.Accept()
	durabletest.Must(t, err)
	defer func() { _ = conn.Close() }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// TestRegisterAroundARefusal has two functions that Inngest does not take.
func TestRegisterAroundARefusal(t *testing.T) {
	t.Parallel()
	s, c, log := durabletest.StartDev(t), &durabletest.Tally{}, &durabletest.SyncBuffer{}
	broken := fn.Job{Events: durabletest.EventsOf("broken"), If: "event.data.a = 1"}
	functions := []function.Function{
		durabletest.Plain("jobs/a", c), durabletest.NewJob("jobs/broken", broken, durabletest.Count(c)), durabletest.Plain("jobs/b", c), durabletest.Plain("jobs/c", c),
		durabletest.Schedule("jobs/never", fn.Schedule{Cron: "61 * * * *"}, nil),
	}
	app := durabletest.NewApp(t, durable.Config{
		Functions: functions, Jobs: s.Untried(), Origin: "http://127.0.0.1:1", Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	for range 2 {
		durabletest.Must(t, app.Register(t.Context()))
		s.AwaitFunctions("jobs-a@http://127.0.0.1:1", "jobs-b@http://127.0.0.1:1", "jobs-c@http://127.0.0.1:1")
	}
	const want = `level=ERROR msg="Inngest refuses functions, and has the others: ` +
		`look at their expressions (If, Key, Priority) and their Cron" functions="[jobs/broken jobs/never]" reasons="map[jobs/broken:/fn/register: Inngest answered 400 Bad Request: `
	if n := strings.Count(log.String(), want); n != 1 {
		t.Errorf("said %d times, want once:\n%s", n, log.String())
	}
}
