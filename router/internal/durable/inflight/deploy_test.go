package inflight_test

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/inflight"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/durable/release"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

// inFlight is how many runs a release is deployed over; make inflight takes 200. Inngest
// begins only some tens a second where other tests run, too.
var inFlight = flag.Int("inflight", 20, "runs that a release is deployed over") //nolint:gochecknoglobals // a flag

// rig is a product whose releases follow each other at one address.
type rig struct {
	*testing.T
	server *durabletest.Server
	db     *db.DB
	front  *durabletest.Front
	app    string // its id, and the end of its events' names
	tally  *durabletest.Tally
}

// deployed is a release that runs.
type deployed struct {
	gate   *inflight.Gate
	keeper *inflight.Keeper
	open   chan bool // what the gate's Run returns
	enter  func() (leave func())
	stop   func()
}

// deploy starts a release. It takes part in the registration once its gate is open, and calls
// reach it once it enters.
func (r *rig) deploy(name, policy string, functions ...function.Function) *deployed {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	l := ledger.New(r.db)
	l.Release = name
	c := durable.Config{Functions: functions, Jobs: r.server.Untried(), Origin: r.front.URL, Ledger: l, Logger: durabletest.Log(r.T)}
	c.Jobs.AppID = r.app
	host, err := durable.New(c)
	durabletest.Must(r.T, err)
	own := httptest.NewServer(host.Handler())
	r.Cleanup(own.Close)
	registrar, err := release.New(ctx, host, registration.New(host, c.Jobs, c.Logger), release.Config{
		DB: r.db, Deployment: name, Address: own.URL, Logger: c.Logger,
	})
	durabletest.Must(r.T, err)
	minded := inflight.Config{Host: host, DB: r.db, Release: name, Policy: policy, Logger: c.Logger}
	d := &deployed{gate: inflight.NewGate(minded), keeper: inflight.NewKeeper(minded), open: make(chan bool, 1)}
	if policy == config.InFlightKeep {
		host.Handover(d.keeper.Other)
	}
	d.enter = func() (leave func()) { return r.front.Add(registrar.Handler(host.Handler())) }
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		open := d.gate.Run(ctx)
		if open && policy == config.InFlightKeep {
			removed, err := d.keeper.TakeOver(ctx, d.gate.Report())
			durabletest.Must(r.T, err)
			registrar.Keep(removed)
		}
		if d.open <- open; open {
			registrar.Run(ctx)
		}
	}()
	d.stop = func() {
		cancel()
		<-ended
	}
	r.Cleanup(d.stop)
	return d
}

// task is a job of steps, of which "go" waits for an event.
func (r *rig) task(name string, steps ...string) function.Function {
	spec := fn.Job{Events: []string{"test/" + r.app}}
	return durabletest.NewJob(name, spec, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		for _, id := range steps {
			if id == "go" {
				if _, err := step.WaitForEvent[any](ctx, id, step.WaitForEventOpts{Event: "go/" + r.app, Timeout: time.Hour}); err != nil {
					return nil, err
				}
				continue
			}
			if _, err := step.Run(ctx, id, func(context.Context) (int, error) { return r.tally.Add(fmt.Sprint(id, " of ", in.N)), nil }); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// begin begins runs and waits until all of them wait.
func (r *rig) begin() {
	r.Helper()
	var events []map[string]any
	for n := range *inFlight {
		events = append(events, map[string]any{"id": uuid.NewString(), "name": "test/" + r.app, "data": map[string]any{"n": n}})
	}
	r.server.Post("/e/"+durabletest.EventKey, events, &struct{}{})
	await.That(r.T, "all runs wait", func() bool {
		return r.count(`SELECT count(*) FROM run_step JOIN event_run USING (run_id) WHERE run_step.name = 'go' AND outcome IS NULL`) == *inFlight
	})
}

func (r *rig) count(query string) (n int) {
	r.Helper()
	durabletest.Must(r.T, r.db.QueryRow(r.Context(), query).Scan(&n))
	return n
}

// end has the runs go on, and expects that each has done these steps once and no other.
func (r *rig) end(steps ...string) {
	r.Helper()
	var sent time.Time
	await.That(r.T, "all runs are done", func() bool {
		// The ledger knows that a run waits a moment before Inngest does, which misses an event
		// that comes meanwhile.
		if time.Since(sent) > 5*time.Second {
			sent = time.Now()
			r.server.Send(map[string]any{"name": "go/" + r.app, "data": map[string]any{}})
		}
		return r.count(`SELECT count(*) FROM event_run WHERE outcome = 'done' AND name LIKE 'test/%'`) >= *inFlight
	})
	did := r.tally.All()
	for n := range *inFlight {
		for _, id := range steps {
			if what := fmt.Sprint(id, " of ", n); did[what] != 1 {
				r.Errorf("%s was done %d times", what, did[what])
			}
			delete(did, fmt.Sprint(id, " of ", n))
		}
	}
	if len(did) > 0 {
		r.Errorf("also done: %v", did)
	}
}

// TestDeployOverRunsInFlight replaces a release over many runs, with code that can carry
// them on and code that cannot.
func TestDeployOverRunsInFlight(t *testing.T) {
	t.Parallel()
	server := durabletest.StartProduction(t)
	//nolint:paralleltest // one Inngest server has enough to do
	for name, story := range map[string]func(r *rig, old *deployed, leave func()){
		"same": func(r *rig, old *deployed, leave func()) {
			next := r.deploy("v2", config.InFlightRefuse, r.task("jobs/task", "one", "go", "two", "three"))
			if !<-next.open || next.gate.Ready(r.Context()) != nil {
				r.Error("refused")
			}
			next.enter()
			leave()
			old.stop()
			r.end("one", "two", "three")
		},
		"refuse": func(r *rig, _ *deployed, _ func()) {
			next := r.deploy("v2", config.InFlightRefuse, r.task("jobs/task", "uno", "go", "two"))
			await.That(r.T, "it is refused", func() bool {
				return next.gate.Report().Stranded() == *inFlight && next.gate.Ready(r.Context()) != nil
			})
			r.end("one", "two")
			if !<-next.open {
				r.Error("refused though the runs have ended")
			}
		},
		"continue": func(r *rig, old *deployed, leave func()) {
			next := r.deploy("v2", config.InFlightContinue, r.task("jobs/task", "uno", "go", "two"))
			if !<-next.open {
				r.Error("refused")
			}
			next.enter()
			leave()
			old.stop()
			r.end("one", "uno", "two")
		},
		"keep": func(r *rig, old *deployed, leave func()) {
			next := r.deploy("v2", config.InFlightKeep, r.task("jobs/task", "uno", "go", "two"))
			r.keep(old, next, leave)
		},
		"keep-removed": func(r *rig, old *deployed, leave func()) {
			next := r.deploy("v2", config.InFlightKeep, r.task("jobs/other", "uno"))
			r.keep(old, next, leave)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rig{t, server, dbtest.New(t), durabletest.StartFront(t), name, &durabletest.Tally{}}
			old := r.deploy("v1", config.InFlightKeep, r.task("jobs/task", "one", "go", "two"))
			leave := old.enter()
			<-old.open
			await.That(t, "the job is registered", func() bool {
				return r.count(`SELECT count(*) FROM job_release WHERE registered_at IS NOT NULL`) == 1
			})
			r.begin()
			story(r, old, leave)
		})
	}
}

// keep has the next release take over, and the old one carry its runs on.
func (r *rig) keep(old, next *deployed, leave func()) {
	r.Helper()
	if !<-next.open {
		r.Error("refused")
	}
	next.enter()
	leave()
	await.That(r.T, "the next release is registered", func() bool {
		return r.count(`SELECT count(*) FROM job_release WHERE registered_at IS NOT NULL AND release = 'v2'`) == 1
	})
	lingers := make(chan int, 1)
	go func() {
		left, err := old.keeper.Linger(r.Context(), 10*time.Minute)
		durabletest.Must(r.T, err)
		lingers <- left
	}()
	r.end("one", "two")
	if left := <-lingers; left != 0 {
		r.Errorf("the old release stops with %d runs left", left)
	}
}
