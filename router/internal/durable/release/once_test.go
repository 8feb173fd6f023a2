package release_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

// registerOnce registers a release of a service whose functions are at packages.
func registerOnce(t *testing.T, s *durabletest.Server, d *db.DB, release string, at map[string]string, functions ...function.Function) {
	t.Helper()
	config := durable.Config{
		Functions: functions, Jobs: s.Untried(), Origin: "https://app.example", Elsewhere: at, Logger: durabletest.Log(t),
	}
	host, err := durable.New(config)
	durabletest.Must(t, err)
	durabletest.Must(t, durabletest.NewRegistrar(t, host, config, d, release).Once(t.Context()))
}

// TestOnce has jobs whose hosts say nothing between two calls.
func TestOnce(t *testing.T) {
	t.Parallel()
	s, d, c := durabletest.StartProduction(t), dbtest.New(t), &durabletest.Tally{}
	a, b := durabletest.Plain("jobs/a", c), durabletest.Plain("jobs/b", c)
	packaged, err := durable.New(durable.Config{Functions: []function.Function{a}, Jobs: s.Untried(), Origin: "https://app.example", Logger: durabletest.Log(t)})
	durabletest.Must(t, err)
	lambda := httptest.NewServer(packaged.Handler())
	t.Cleanup(lambda.Close)

	first := []string{"jobs-a@" + lambda.URL, "jobs-b@https://app.example"}
	registerOnce(t, s, d, "first", map[string]string{"jobs/a": lambda.URL + "/"}, a, b)
	s.AwaitFunctions(first...)
	if got := s.AwaitRun(s.Send(durabletest.Event("a", nil))); got.Status != "Completed" || c.Get("jobs/a") != 1 {
		t.Errorf("got %s, ran %d times", got.Status, c.Get("jobs/a"))
	}
	for range 3 { // nobody says that it lives, and still nobody takes it for gone
		durabletest.PassMinute(t, d)
	}
	web := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/c", c))
	s.AwaitFunctions(append(first, "jobs-c@"+web.URL)...)

	registerOnce(t, s, d, "second", nil, b)
	s.AwaitFunctions("jobs-b@https://app.example", "jobs-c@"+web.URL)
	registerOnce(t, s, d, "first", map[string]string{"jobs/a": lambda.URL}, a, b) // taken back
	s.AwaitFunctions(append(first, "jobs-c@"+web.URL)...)
}

func TestOnceWithoutInngest(t *testing.T) {
	t.Parallel()
	s := &durabletest.Server{T: t, URL: "http://127.0.0.1:1"}
	config := durable.Config{
		Functions: []function.Function{durabletest.Plain("jobs/a", &durabletest.Tally{})}, Jobs: s.Untried(), Origin: "https://app.example", Logger: durabletest.Log(t),
	}
	host, err := durable.New(config)
	durabletest.Must(t, err)
	d := dbtest.New(t)
	registrar := durabletest.NewRegistrar(t, host, config, d, "first")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- registrar.Once(ctx) }()
	durabletest.Awaited(t, d, "test/a")
	cancel()
	if err := <-ended; err == nil {
		t.Error("registered with nobody")
	}
}

// TestWatchElsewhere has a package of each job: one of them watches for all.
func TestWatchElsewhere(t *testing.T) {
	t.Parallel()
	s, c := durabletest.StartProduction(t), &durabletest.Tally{}
	d := dbtest.New(t)
	functions := []function.Function{
		durabletest.Plain("jobs/a", c),
		durabletest.NewJob("jobs/picky", fn.Job{Events: []string{"test/picky"}, If: "event.data.n > 5"}, func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
			c.Add("picky")
			return nil, nil
		}),
	}
	at := map[string]string{}
	for _, f := range functions {
		host, err := durable.New(durable.Config{
			Functions: []function.Function{f}, Jobs: s.Untried(), Origin: "https://app.example", Packaged: true, Ledger: ledger.New(d), Logger: durabletest.Log(t),
		})
		durabletest.Must(t, err)
		lambda := httptest.NewServer(host.Handler())
		t.Cleanup(lambda.Close)
		at[f.Name] = lambda.URL
	}
	config := durable.Config{
		Functions: functions, Jobs: s.Untried(), Origin: "https://app.example", Elsewhere: at, Ledger: ledger.New(d), Logger: durabletest.Log(t),
	}
	host, err := durable.New(config)
	durabletest.Must(t, err)
	durabletest.Must(t, durabletest.NewRegistrar(t, host, config, d, "first").Once(t.Context()))

	for n, want := range map[int]string{1: "watch-", 7: "jobs-picky"} {
		id := uuid.NewString()
		s.Send(map[string]any{"id": id, "name": "test/picky", "data": map[string]any{"n": n}})
		await.That(t, "the ledger knows that "+want+" is done", func() bool {
			for _, e := range durabletest.LedgerRows(t, d, id) {
				if strings.HasPrefix(e.Function, durabletest.Slug(want)) && e.Outcome == "done" {
					return true
				}
			}
			return false
		})
	}
}
