package registration_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// by is the event of a name, published by an app.
func by(app, name string, data map[string]any) map[string]any {
	event := durabletest.Event(name, data)
	event["user"] = map[string]any{"app": app}
	return event
}

// TestTwoProducts has two programs whose jobs have the same names and listen to the same
// events, each with an id of its own.
func TestTwoProducts(t *testing.T) {
	t.Parallel()
	s, shop, bank := durabletest.StartDev(t), &durabletest.Tally{}, &durabletest.Tally{}
	jobs := func(c *durabletest.Tally) []function.Function {
		sleeper := durabletest.NewJob("jobs/sleeps", fn.Job{
			Events: []string{"test/sleeps"}, CancelOn: []fn.Cancel{{Event: "test/stop", If: "event.data.key == async.data.key"}},
		}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
			_, err := durabletest.CountedStep(ctx, c, "jobs/sleeps")
			if err != nil {
				return nil, err
			}
			step.Sleep(ctx, "long", time.Hour)
			return &durabletest.Output{}, nil
		})
		return []function.Function{durabletest.Plain("jobs/a", c), sleeper}
	}
	durabletest.JoinAs(t, s, dbtest.New(t), "", nil, durabletest.Product("shop", "example.com/shop", nil), jobs(shop)...)
	durabletest.JoinAs(t, s, dbtest.New(t), "", nil, durabletest.Product("bank", "example.com/bank", nil), jobs(bank)...)
	await.That(t, "Inngest knows both", func() bool { return len(s.Functions()) == 4 })

	for range 3 {
		s.AwaitRun(s.Send(by("shop", "a", map[string]any{"key": "x"})))
	}
	s.AwaitRun(s.Send(by("bank", "a", nil)))
	if shop.Get("jobs/a") != 3 || bank.Get("jobs/a") != 1 {
		t.Errorf("the jobs ran %d and %d times, want 3 and 1", shop.Get("jobs/a"), bank.Get("jobs/a"))
	}
	// What does not say whose it is, is everybody's.
	s.Send(durabletest.Event("a", nil))
	await.That(t, "both run", func() bool { return shop.Get("jobs/a") == 4 && bank.Get("jobs/a") == 2 })

	// The stop of the one stops no run of the other.
	run := s.Send(by("shop", "sleeps", map[string]any{"key": "k"}))
	await.That(t, "the run sleeps", func() bool { return shop.Get("jobs/sleeps") == 1 && len(s.Runs(run)) == 1 })
	s.Send(by("bank", "stop", map[string]any{"key": "k"}))
	s.AwaitRun(s.Send(by("bank", "a", nil))) // Inngest is past the stop
	if got := s.Runs(run); len(got) != 1 || got[0].Ended != nil {
		t.Errorf("the run of the one was stopped by the other: %+v", got)
	}
	s.Send(by("shop", "stop", map[string]any{"key": "k"}))
	if got := s.AwaitRun(run); got.Status != "Cancelled" || bank.Get("jobs/sleeps") != 0 {
		t.Errorf("got %s; the other's ran %d times", got.Status, bank.Get("jobs/sleeps"))
	}
}

// waits is a job that waits for two events, one after the other, of which the second has
// to have the key of its own one, and notes what it got.
func waits(c *durabletest.Tally) function.Function {
	await := func(ctx context.Context, name string, expression *string) error {
		got, err := step.WaitForEvent[struct{ Data struct{ From string } }](ctx, name, step.WaitForEventOpts{
			Event: "test/" + name, Timeout: time.Hour, If: expression,
		})
		if err == nil {
			_, err = durabletest.CountedStep(ctx, c, name+" from "+got.Data.From)
		}
		return err
	}
	return durabletest.NewJob("jobs/waits", fn.Job{Events: []string{"test/waits"}}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		if err := await(ctx, "any", nil); err != nil {
			return nil, err
		}
		return &durabletest.Output{}, await(ctx, "keyed", new("async.data.key == event.data.key || async.data.key == 'all'"))
	})
}

// TestTwoProductsWait has a run of the one wait for events that the other publishes, too.
func TestTwoProductsWait(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, s *durabletest.Server, c *durabletest.Tally) {
		t.Helper()
		durabletest.JoinAs(t, s, dbtest.New(t), "", nil, durabletest.Product("shop", "example.com/shop", nil), waits(c))
		await.That(t, "Inngest knows it", func() bool { return len(s.Functions()) == 1 })
	}
	connect := func(t *testing.T, s *durabletest.Server, c *durabletest.Tally) {
		t.Helper()
		jobs := s.Jobs()
		jobs.AppID = "shop"
		connected := durabletest.NewConnector(t, jobs, durabletest.Drain, dbtest.New(t), waits(c))
		durabletest.Running(t, connected)
		durabletest.Within(t, "the functions are registered", connected.Registered())
	}
	for name, way := range map[string]func(*testing.T, *durabletest.Server, *durabletest.Tally){"http": serve, "connect": connect} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := durabletest.StartDev(t), &durabletest.Tally{}
			way(t, s, c)
			event := s.Send(by("shop", "waits", map[string]any{"key": "k"}))
			s.AwaitStep(event, "any")
			sendOften(s, by("bank", "any", map[string]any{"from": "bank"}))
			sendUntil(s, c, "any from shop", by("shop", "any", map[string]any{"from": "shop"}))
			s.AwaitStep(event, "keyed")
			for _, key := range []string{"k", "all"} { // either side of the author's Or
				sendOften(s, by("bank", "keyed", map[string]any{"from": "bank", "key": key}))
			}
			sendOften(s, by("shop", "keyed", map[string]any{"from": "another", "key": "x"}))
			sendUntil(s, c, "keyed from shop", by("shop", "keyed", map[string]any{"from": "shop", "key": "k"}))
			if got := s.AwaitRun(event); got.Status != "Completed" {
				t.Errorf("got %s %s", got.Status, got.Output)
			}
			if diff := cmp.Diff(map[string]int{"any from shop": 1, "keyed from shop": 1}, c.All()); diff != "" {
				t.Errorf("what the run got (-want +got):\n%s", diff)
			}
		})
	}
}

// sendOften sends an event a few times: Inngest shows that a run waits a little before it does.
func sendOften(s *durabletest.Server, event map[string]any) {
	s.T.Helper()
	for range 4 {
		s.Send(event)
		time.Sleep(300 * time.Millisecond)
	}
}

// sendUntil sends an event until what has happened.
func sendUntil(s *durabletest.Server, c *durabletest.Tally, what string, event map[string]any) {
	s.T.Helper()
	await.That(s.T, what, func() bool {
		s.Send(event)
		time.Sleep(300 * time.Millisecond)
		return c.Get(what) > 0
	})
}

// TestOneIDForTwo has two programs with one id.
func TestOneIDForTwo(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *durabletest.Server{"development": durabletest.StartDev, "production": durabletest.StartProduction} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := start(t), &durabletest.Tally{}
			first := durabletest.JoinAs(t, s, dbtest.New(t), "", nil, durabletest.Product("app", "example.com/shop", nil), durabletest.Plain("jobs/a", c))
			s.AwaitFunctions("app-jobs-a@" + first.URL)

			log := &durabletest.SyncBuffer{}
			second := durabletest.JoinAs(t, s, dbtest.New(t), "", nil, durabletest.Product("app", "example.com/bank", log), durabletest.Plain("jobs/b", c))
			await.That(t, "it is refused", func() bool { return strings.Contains(log.String(), "that of another program, example.com/shop") })
			if text := log.String(); !strings.Contains(text, "this one is example.com/bank") || !strings.Contains(text, first.URL) && !strings.Contains(text, "localhost") || !strings.Contains(text, "INNGEST_APP_ID") {
				t.Errorf("the refusal names not all there is to know:\n%s", text)
			}
			checkout := &durabletest.SyncBuffer{}
			durabletest.JoinAs(t, s, dbtest.New(t), "", nil, durabletest.Product("app", "example.com/shop", checkout), durabletest.Plain("jobs/c", c))
			await.That(t, "another checkout is refused", func() bool {
				return strings.Contains(checkout.String(), "example.com/shop with another database")
			})
			alone := &durabletest.SyncBuffer{}
			app := appAt(t, s, durabletest.Product("app", "example.com/alone", alone), durabletest.Plain("jobs/d", c))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { _ = app.Register(ctx) }()
			await.That(t, "one without a database is refused", func() bool { return strings.Contains(alone.String(), "this one is example.com/alone") })
			s.AwaitFunctions("app-jobs-a@" + first.URL)
			if got := s.AwaitRun(s.Send(durabletest.Event("a", nil))); got.Status != "Completed" {
				t.Errorf("a job of the first: %s", got.Status)
			}

			// The first one goes for good. Somebody says so.
			cancel()
			first.Stop()
			durabletest.Must(t, second.App.Clear(t.Context()))
			await.That(t, "the id is free", func() bool { return len(s.Functions()) == 1 && s.Functions()[0] != "app-jobs-a@"+first.URL })
		})
	}
}

// appAt returns what registers a host without a database, that is reached at its own
// address.
func appAt(t *testing.T, s *durabletest.Server, edit func(*durable.Config), functions ...function.Function) *registration.App {
	t.Helper()
	at := durabletest.StartFront(t)
	c := durable.Config{Functions: functions, Jobs: s.Jobs(), Origin: at.URL, Logger: durabletest.Log(t)}
	if edit != nil {
		edit(&c)
	}
	host, err := durable.New(c)
	durabletest.Must(t, err)
	t.Cleanup(at.Add(host.Handler()))
	return registration.New(host, c.Jobs, c.Logger)
}

// TestSameAddressAnotherDatabase replaces a program's database by an empty one: it is the
// one that answers at its address.
func TestSameAddressAnotherDatabase(t *testing.T) {
	t.Parallel()
	s, c := durabletest.StartDev(t), &durabletest.Tally{}
	first := durabletest.Join(t, s, dbtest.New(t), "", nil, durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@" + first.URL)
	first.Stop()
	durabletest.Join(t, s, dbtest.New(t), "", first, durabletest.Plain("jobs/b", c))
	s.AwaitFunctions("jobs-b@" + first.URL)
}

// TestReplicaWithAnotherURL starts replicas of a stack with URLs that are not its own.
func TestReplicaWithAnotherURL(t *testing.T) {
	t.Parallel()
	s, d, c := durabletest.StartDev(t), dbtest.New(t), &durabletest.Tally{}
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	wrong := func(url, variable string, log *durabletest.SyncBuffer) func(*durable.Config) {
		return func(c *durable.Config) {
			c.Logger = slog.New(slog.NewTextHandler(log, nil))
			c.Origin = ""
			if variable == "INNGEST_SERVE_ORIGIN" {
				durabletest.Must(t, c.Jobs.Serve.UnmarshalText([]byte(url)))
			}
			durabletest.Must(t, c.Jobs.Origin.UnmarshalText([]byte(url)))
		}
	}
	nobody, stranger := &durabletest.SyncBuffer{}, &durabletest.SyncBuffer{}
	durabletest.JoinAs(t, s, d, "x", nil, wrong("http://127.0.0.1:1", "BETTER_AUTH_URL", nobody), durabletest.Plain("jobs/a", c))
	durabletest.JoinAs(t, s, d, "y", nil, wrong(elsewhere.URL, "INNGEST_SERVE_ORIGIN", stranger), durabletest.Plain("jobs/a", c))
	for want, log := range map[string]*durabletest.SyncBuffer{
		"GET http://127.0.0.1:1/api/inngest: dial tcp 127.0.0.1:1: connect: connection refused. Look at BETTER_AUTH_URL": nobody,
		"GET " + elsewhere.URL + "/api/inngest was answered 404 Not Found (text/plain":                                   stranger,
		"Look at INNGEST_SERVE_ORIGIN": stranger,
	} {
		await.That(t, "it says "+want, func() bool { return strings.Contains(log.String(), want) })
	}
	durabletest.Awaited(t, d, "test/a")
	right := durabletest.Join(t, s, d, "z", nil, durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@" + right.URL)

	// This one can be reached, but the jobs are served already.
	second := durabletest.Join(t, s, d, "z", nil, durabletest.Plain("jobs/a", c), durabletest.Plain("jobs/b", c))
	s.AwaitFunctions("jobs-a@"+right.URL, "jobs-b@"+second.URL)
	durabletest.AskAgain(t, d)
	s.AwaitFunctions("jobs-a@"+right.URL, "jobs-b@"+second.URL)
	right.Stop()
	durabletest.PassMinute(t, d)
	durabletest.AskAgain(t, d)
	s.AwaitFunctions("jobs-a@"+second.URL, "jobs-b@"+second.URL)
}

// TestCopyOfTheDatabase starts a replica with a copy of another one's database.
func TestCopyOfTheDatabase(t *testing.T) {
	t.Parallel()
	s, d, copied, c := durabletest.StartDev(t), dbtest.New(t), dbtest.New(t), &durabletest.Tally{}
	first := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@" + first.URL)
	var id string
	durabletest.Must(t, d.QueryRow(t.Context(), `SELECT id::text FROM job_stack`).Scan(&id))
	_, err := copied.Exec(t.Context(), `INSERT INTO job_stack (id) VALUES ($1)`, id)
	durabletest.Must(t, err)
	log := &durabletest.SyncBuffer{}
	second := durabletest.JoinAs(t, s, copied, "", nil, durabletest.Product("", "", log), durabletest.Plain("jobs/a", c))
	await.That(t, "it is refused", func() bool {
		return strings.Contains(log.String(), "is not known to this database") && strings.Contains(log.String(), second.URL)
	})
	s.AwaitFunctions("jobs-a@" + first.URL)
}

// TestReplicasWithoutDatabase starts a second one at another address, which is refused
// while the first one lives.
func TestReplicasWithoutDatabase(t *testing.T) {
	t.Parallel()
	s, c := durabletest.StartProduction(t), &durabletest.Tally{}
	first := appAt(t, s, nil, durabletest.Plain("jobs/a", c))
	durabletest.Must(t, first.Register(t.Context()))
	known := s.Functions()
	log := &durabletest.SyncBuffer{}
	second := appAt(t, s, durabletest.Product("", "", log), durabletest.Plain("jobs/b", c))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = second.Register(ctx)
	}()
	await.That(t, "it is refused", func() bool { return strings.Contains(log.String(), "a replica of switchyard serves the jobs") })
	cancel()
	<-ended
	s.AwaitFunctions(known...)
	durabletest.Must(t, first.Register(t.Context())) // as often as it likes
}
