package durable_test

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

	"switchyard/router/internal/durable"
	"switchyard/router/internal/function"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// product sets what two programs on one Inngest server differ in, and the log unless nil.
func product(app, program string, log *syncBuffer) func(*durable.Config) {
	return func(c *durable.Config) {
		c.Jobs.AppID, c.Program = app, program
		if log != nil {
			c.Logger = slog.New(slog.NewTextHandler(log, nil))
		}
	}
}

// by is the event of a name, published by an app.
func by(app, name string, data map[string]any) map[string]any {
	event := on(name, data)
	event["user"] = map[string]any{"app": app}
	return event
}

// TestTwoProducts has two programs whose jobs have the same names and listen to the same
// events, each with an id of its own.
func TestTwoProducts(t *testing.T) {
	t.Parallel()
	s, shop, bank := startDev(t), &tally{}, &tally{}
	jobs := func(c *tally) []function.Function {
		sleeper := newJob("jobs/sleeps", fn.Job{
			Events: []string{"test/sleeps"}, CancelOn: []fn.Cancel{{Event: "test/stop", If: "event.data.key == async.data.key"}},
		}, func(ctx context.Context, _ *input) (*output, error) {
			_, err := counted(ctx, c, "jobs/sleeps")
			if err != nil {
				return nil, err
			}
			step.Sleep(ctx, "long", time.Hour)
			return &output{}, nil
		})
		return []function.Function{plain("jobs/a", c), sleeper}
	}
	joinAs(t, s, dbtest.New(t), "", nil, product("shop", "example.com/shop", nil), jobs(shop)...)
	joinAs(t, s, dbtest.New(t), "", nil, product("bank", "example.com/bank", nil), jobs(bank)...)
	eventually(t, "Inngest knows both", func() bool { return len(s.functions()) == 4 })

	for range 3 {
		s.ended(s.send(by("shop", "a", map[string]any{"key": "x"})))
	}
	s.ended(s.send(by("bank", "a", nil)))
	if shop.get("jobs/a") != 3 || bank.get("jobs/a") != 1 {
		t.Errorf("the jobs ran %d and %d times, want 3 and 1", shop.get("jobs/a"), bank.get("jobs/a"))
	}
	// What does not say whose it is, is everybody's.
	s.send(on("a", nil))
	eventually(t, "both run", func() bool { return shop.get("jobs/a") == 4 && bank.get("jobs/a") == 2 })

	// The stop of the one stops no run of the other.
	run := s.send(by("shop", "sleeps", map[string]any{"key": "k"}))
	eventually(t, "the run sleeps", func() bool { return shop.get("jobs/sleeps") == 1 && len(s.runs(run)) == 1 })
	s.send(by("bank", "stop", map[string]any{"key": "k"}))
	s.ended(s.send(by("bank", "a", nil))) // Inngest is past the stop
	if got := s.runs(run); len(got) != 1 || got[0].Ended != nil {
		t.Errorf("the run of the one was stopped by the other: %+v", got)
	}
	s.send(by("shop", "stop", map[string]any{"key": "k"}))
	if got := s.ended(run); got.Status != "Cancelled" || bank.get("jobs/sleeps") != 0 {
		t.Errorf("got %s; the other's ran %d times", got.Status, bank.get("jobs/sleeps"))
	}
}

// waits is a job that waits for two events, one after the other, of which the second has
// to have the key of its own one, and notes what it got.
func waits(c *tally) function.Function {
	await := func(ctx context.Context, name string, expression *string) error {
		got, err := step.WaitForEvent[struct{ Data struct{ From string } }](ctx, name, step.WaitForEventOpts{
			Event: "test/" + name, Timeout: time.Hour, If: expression,
		})
		if err == nil {
			_, err = counted(ctx, c, name+" from "+got.Data.From)
		}
		return err
	}
	return newJob("jobs/waits", fn.Job{Events: []string{"test/waits"}}, func(ctx context.Context, _ *input) (*output, error) {
		if err := await(ctx, "any", nil); err != nil {
			return nil, err
		}
		return &output{}, await(ctx, "keyed", new("async.data.key == event.data.key || async.data.key == 'all'"))
	})
}

// TestTwoProductsWait has a run of the one wait for events that the other publishes, too.
func TestTwoProductsWait(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, s *inngest, c *tally) {
		t.Helper()
		joinAs(t, s, dbtest.New(t), "", nil, product("shop", "example.com/shop", nil), waits(c))
		eventually(t, "Inngest knows it", func() bool { return len(s.functions()) == 1 })
	}
	connect := func(t *testing.T, s *inngest, c *tally) {
		t.Helper()
		jobs := s.jobs()
		jobs.AppID = "shop"
		connected := connector(t, jobs, dbtest.New(t), waits(c))
		running(t, connected)
		within(t, "the functions are registered", connected.Registered())
	}
	for name, way := range map[string]func(*testing.T, *inngest, *tally){"http": serve, "connect": connect} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := startDev(t), &tally{}
			way(t, s, c)
			event := s.send(by("shop", "waits", map[string]any{"key": "k"}))
			s.waiting(event, "any")
			s.often(by("bank", "any", map[string]any{"from": "bank"}))
			s.until(c, "any from shop", by("shop", "any", map[string]any{"from": "shop"}))
			s.waiting(event, "keyed")
			for _, key := range []string{"k", "all"} { // either side of the author's Or
				s.often(by("bank", "keyed", map[string]any{"from": "bank", "key": key}))
			}
			s.often(by("shop", "keyed", map[string]any{"from": "another", "key": "x"}))
			s.until(c, "keyed from shop", by("shop", "keyed", map[string]any{"from": "shop", "key": "k"}))
			if got := s.ended(event); got.Status != "Completed" {
				t.Errorf("got %s %s", got.Status, got.Output)
			}
			if diff := cmp.Diff(map[string]int{"any from shop": 1, "keyed from shop": 1}, c.all()); diff != "" {
				t.Errorf("what the run got (-want +got):\n%s", diff)
			}
		})
	}
}

// waiting returns when the run that an event has started waits in a step.
func (s *inngest) waiting(event, step string) {
	s.t.Helper()
	const query = `query($run: String!) {run(runID: $run) {trace {childrenSpans {name status}}}}`
	eventually(s.t, "the run waits in "+step, func() bool {
		runs := s.runs(event)
		if len(runs) != 1 {
			return false
		}
		var answer struct {
			Data struct {
				Run struct {
					Trace struct {
						ChildrenSpans []struct{ Name, Status string }
					}
				}
			}
		}
		s.post("/v0/gql", map[string]any{"query": query, "variables": map[string]any{"run": runs[0].ID}}, &answer)
		for _, span := range answer.Data.Run.Trace.ChildrenSpans {
			if span.Name == step && span.Status == "WAITING" {
				return true
			}
		}
		return false
	})
}

// often sends an event a few times: Inngest shows that a run waits a little before it does.
func (s *inngest) often(event map[string]any) {
	s.t.Helper()
	for range 4 {
		s.send(event)
		time.Sleep(300 * time.Millisecond)
	}
}

// until sends an event until what has happened.
func (s *inngest) until(c *tally, what string, event map[string]any) {
	s.t.Helper()
	eventually(s.t, what, func() bool {
		s.send(event)
		time.Sleep(300 * time.Millisecond)
		return c.get(what) > 0
	})
}

// TestOneIDForTwo has two programs with one id.
func TestOneIDForTwo(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *inngest{"development": startDev, "production": startProduction} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := start(t), &tally{}
			first := joinAs(t, s, dbtest.New(t), "", nil, product("app", "example.com/shop", nil), plain("jobs/a", c))
			s.knows("app-jobs-a@" + first.url)

			log := &syncBuffer{}
			second := joinAs(t, s, dbtest.New(t), "", nil, product("app", "example.com/bank", log), plain("jobs/b", c))
			eventually(t, "it is refused", func() bool { return strings.Contains(log.String(), "that of another program, example.com/shop") })
			if text := log.String(); !strings.Contains(text, "this one is example.com/bank") || !strings.Contains(text, first.url) && !strings.Contains(text, "localhost") || !strings.Contains(text, "INNGEST_APP_ID") {
				t.Errorf("the refusal names not all there is to know:\n%s", text)
			}
			checkout := &syncBuffer{}
			joinAs(t, s, dbtest.New(t), "", nil, product("app", "example.com/shop", checkout), plain("jobs/c", c))
			eventually(t, "another checkout is refused", func() bool {
				return strings.Contains(checkout.String(), "example.com/shop with another database")
			})
			alone := &syncBuffer{}
			host := hostAt(t, s, product("app", "example.com/alone", alone), plain("jobs/d", c))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { _ = host.Register(ctx) }()
			eventually(t, "one without a database is refused", func() bool { return strings.Contains(alone.String(), "this one is example.com/alone") })
			s.knows("app-jobs-a@" + first.url)
			if got := s.ended(s.send(on("a", nil))); got.Status != "Completed" {
				t.Errorf("a job of the first: %s", got.Status)
			}

			// The first one goes for good. Somebody says so.
			cancel()
			first.stop()
			must(t, second.host.Clear(t.Context()))
			eventually(t, "the id is free", func() bool { return len(s.functions()) == 1 && s.functions()[0] != "app-jobs-a@"+first.url })
		})
	}
}

// hostAt returns a host without a database that is reached at its own address.
func hostAt(t *testing.T, s *inngest, edit func(*durable.Config), functions ...function.Function) *durable.Host {
	t.Helper()
	at := startFront(t)
	c := durable.Config{Functions: functions, Jobs: s.jobs(), Origin: at.url, Logger: testLog(t)}
	if edit != nil {
		edit(&c)
	}
	host, err := durable.New(c)
	must(t, err)
	t.Cleanup(at.add(host.Handler()))
	return host
}

// TestSameAddressAnotherDatabase replaces a program's database by an empty one: it is the
// one that answers at its address.
func TestSameAddressAnotherDatabase(t *testing.T) {
	t.Parallel()
	s, c := startDev(t), &tally{}
	first := join(t, s, dbtest.New(t), "", nil, plain("jobs/a", c))
	s.knows("jobs-a@" + first.url)
	first.stop()
	join(t, s, dbtest.New(t), "", first, plain("jobs/b", c))
	s.knows("jobs-b@" + first.url)
}

// TestReplicaWithAnotherURL starts replicas of a stack with URLs that are not its own.
func TestReplicaWithAnotherURL(t *testing.T) {
	t.Parallel()
	s, d, c := startDev(t), dbtest.New(t), &tally{}
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	wrong := func(url, variable string, log *syncBuffer) func(*durable.Config) {
		return func(c *durable.Config) {
			c.Logger = slog.New(slog.NewTextHandler(log, nil))
			c.Origin = ""
			if variable == "INNGEST_SERVE_ORIGIN" {
				must(t, c.Jobs.Serve.UnmarshalText([]byte(url)))
			}
			must(t, c.Jobs.Origin.UnmarshalText([]byte(url)))
		}
	}
	nobody, stranger := &syncBuffer{}, &syncBuffer{}
	joinAs(t, s, d, "x", nil, wrong("http://127.0.0.1:1", "BETTER_AUTH_URL", nobody), plain("jobs/a", c))
	joinAs(t, s, d, "y", nil, wrong(elsewhere.URL, "INNGEST_SERVE_ORIGIN", stranger), plain("jobs/a", c))
	for want, log := range map[string]*syncBuffer{
		"GET http://127.0.0.1:1/api/inngest: dial tcp 127.0.0.1:1: connect: connection refused. Look at BETTER_AUTH_URL": nobody,
		"GET " + elsewhere.URL + "/api/inngest was answered 404 Not Found (text/plain":                                   stranger,
		"Look at INNGEST_SERVE_ORIGIN": stranger,
	} {
		eventually(t, "it says "+want, func() bool { return strings.Contains(log.String(), want) })
	}
	right := join(t, s, d, "z", nil, plain("jobs/a", c))
	s.knows("jobs-a@" + right.url)

	// This one can be reached, but the jobs are served already.
	second := join(t, s, d, "z", nil, plain("jobs/a", c), plain("jobs/b", c))
	s.knows("jobs-a@"+right.url, "jobs-b@"+second.url)
	look(t, d)
	s.knows("jobs-a@"+right.url, "jobs-b@"+second.url)
	right.stop()
	pass(t, d)
	look(t, d)
	s.knows("jobs-a@"+second.url, "jobs-b@"+second.url)
}

// TestCopyOfTheDatabase starts a replica with a copy of another one's database.
func TestCopyOfTheDatabase(t *testing.T) {
	t.Parallel()
	s, d, copied, c := startDev(t), dbtest.New(t), dbtest.New(t), &tally{}
	first := join(t, s, d, "", nil, plain("jobs/a", c))
	s.knows("jobs-a@" + first.url)
	var id string
	must(t, d.QueryRow(t.Context(), `SELECT id::text FROM job_stack`).Scan(&id))
	_, err := copied.Exec(t.Context(), `INSERT INTO job_stack (id) VALUES ($1)`, id)
	must(t, err)
	log := &syncBuffer{}
	second := joinAs(t, s, copied, "", nil, product("", "", log), plain("jobs/a", c))
	eventually(t, "it is refused", func() bool {
		return strings.Contains(log.String(), "is not known to this database") && strings.Contains(log.String(), second.url)
	})
	s.knows("jobs-a@" + first.url)
}

// TestReplicasWithoutDatabase starts a second one at another address, which is refused
// while the first one lives.
func TestReplicasWithoutDatabase(t *testing.T) {
	t.Parallel()
	s, c := startProduction(t), &tally{}
	first := hostAt(t, s, nil, plain("jobs/a", c))
	must(t, first.Register(t.Context()))
	known := s.functions()
	log := &syncBuffer{}
	second := hostAt(t, s, product("", "", log), plain("jobs/b", c))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = second.Register(ctx)
	}()
	eventually(t, "it is refused", func() bool { return strings.Contains(log.String(), "a replica of switchyard serves the jobs") })
	cancel()
	<-ended
	s.knows(known...)
	must(t, first.Register(t.Context())) // as often as it likes
}
