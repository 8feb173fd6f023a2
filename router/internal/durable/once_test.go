package durable_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/function"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

// registerOnce registers a release of a service whose functions are at packages.
func registerOnce(t *testing.T, s *inngest, d *db.DB, release string, at map[string]string, functions ...function.Function) {
	t.Helper()
	config := durable.Config{
		Functions: functions, Jobs: s.untried(), Origin: "https://app.example", Elsewhere: at, Logger: testLog(t),
	}
	host, err := durable.New(config)
	must(t, err)
	must(t, newRegistrar(t, host, config, d, release).Once(t.Context()))
}

// TestOnce has jobs whose hosts say nothing between two calls.
func TestOnce(t *testing.T) {
	t.Parallel()
	s, d, c := startProduction(t), dbtest.New(t), &tally{}
	a, b := plain("jobs/a", c), plain("jobs/b", c)
	packaged, err := durable.New(durable.Config{Functions: []function.Function{a}, Jobs: s.untried(), Origin: "https://app.example", Logger: testLog(t)})
	must(t, err)
	lambda := httptest.NewServer(packaged.Handler())
	t.Cleanup(lambda.Close)

	first := []string{"jobs-a@" + lambda.URL, "jobs-b@https://app.example"}
	registerOnce(t, s, d, "first", map[string]string{"jobs/a": lambda.URL + "/"}, a, b)
	s.knows(first...)
	if got := s.ended(s.send(on("a", nil))); got.Status != "Completed" || c.get("jobs/a") != 1 {
		t.Errorf("got %s, ran %d times", got.Status, c.get("jobs/a"))
	}
	for range 3 { // nobody says that it lives, and still nobody takes it for gone
		pass(t, d)
	}
	web := join(t, s, d, "", nil, plain("jobs/c", c))
	s.knows(append(first, "jobs-c@"+web.url)...)

	registerOnce(t, s, d, "second", nil, b)
	s.knows("jobs-b@https://app.example", "jobs-c@"+web.url)
	registerOnce(t, s, d, "first", map[string]string{"jobs/a": lambda.URL}, a, b) // taken back
	s.knows(append(first, "jobs-c@"+web.url)...)
}

func TestOnceWithoutInngest(t *testing.T) {
	t.Parallel()
	s := &inngest{t: t, url: "http://127.0.0.1:1"}
	config := durable.Config{
		Functions: []function.Function{plain("jobs/a", &tally{})}, Jobs: s.untried(), Origin: "https://app.example", Logger: testLog(t),
	}
	host, err := durable.New(config)
	must(t, err)
	registrar := newRegistrar(t, host, config, dbtest.New(t), "first")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := registrar.Once(ctx); err == nil {
		t.Error("registered with nobody")
	}
}

// TestWatchElsewhere has a package of each job: one of them watches for all.
func TestWatchElsewhere(t *testing.T) {
	t.Parallel()
	s, c := startProduction(t), &tally{}
	h := &tracked{t: t, db: dbtest.New(t)}
	functions := []function.Function{
		plain("jobs/a", c),
		newJob("jobs/picky", fn.Job{Events: []string{"test/picky"}, If: "event.data.n > 5"}, func(context.Context, *input) (*output, error) {
			c.add("picky")
			return nil, nil
		}),
	}
	at := map[string]string{}
	for _, f := range functions {
		host, err := durable.New(durable.Config{
			Functions: []function.Function{f}, Jobs: s.untried(), Origin: "https://app.example", Packaged: true, Ledger: ledger.New(h.db), Logger: testLog(t),
		})
		must(t, err)
		lambda := httptest.NewServer(host.Handler())
		t.Cleanup(lambda.Close)
		at[f.Name] = lambda.URL
	}
	config := durable.Config{
		Functions: functions, Jobs: s.untried(), Origin: "https://app.example", Elsewhere: at, Ledger: ledger.New(h.db), Logger: testLog(t),
	}
	host, err := durable.New(config)
	must(t, err)
	must(t, newRegistrar(t, host, config, h.db, "first").Once(t.Context()))

	for n, want := range map[int]string{1: "watch-", 7: "jobs-picky"} {
		id := uuid.NewString()
		s.send(map[string]any{"id": id, "name": "test/picky", "data": map[string]any{"n": n}})
		eventually(t, "the ledger knows that "+want+" is done", func() bool {
			for _, e := range h.entries(id) {
				if strings.HasPrefix(e.Function, "switchyard-"+want) && e.Outcome == "done" {
					return true
				}
			}
			return false
		})
	}
}
