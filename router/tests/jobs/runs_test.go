package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inngest/inngestgo/step"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// order is an event with a number that no double holds.
type order struct {
	N  int   `json:"n"`
	ID int64 `json:"id"`
}

const largeID = 616581622363398142

func (order) EventName() string { return "sample/order" }

// workshop is two jobs for an order: one breaks down as long as it is told to, or sleeps,
// the other only counts.
type workshop struct {
	broken atomic.Bool
	mu     sync.Mutex
	made   []int64 // the ids of orders
	other  int
}

type maker struct{ *workshop }

func (m maker) Handle(ctx context.Context, in *order) (*struct{}, error) {
	if _, err := step.Run(ctx, "look", func(context.Context) (int64, error) { return in.ID, nil }); err != nil {
		return nil, err
	}
	if in.N == 0 {
		step.Sleep(ctx, "nap", time.Hour)
	}
	if m.broken.Load() {
		return nil, fault.Permanent(errors.New("the machine is broken"))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made = append(m.made, in.ID)
	return nil, nil
}

type counter struct{ *workshop }

func (c counter) Handle(context.Context, *order) (*struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.other++
	return nil, nil
}

func (w *workshop) program() program.Program {
	p := catalog.Program()
	p.Functions = append(
		p.Functions,
		function.Function{Name: "jobs/sample/make", Spec: fn.Job{Events: []string{"sample/order"}}, Bind: func() any { return job.New(maker{w}) }},
		function.Function{Name: "jobs/sample/other", Spec: fn.Job{Events: []string{"sample/order"}}, Bind: func() any { return job.New(counter{w}) }},
	)
	return p
}

// runs returns what router runs ls says.
func runs(t *testing.T, p program.Program, env []string, args ...string) (all []ledger.Past) {
	t.Helper()
	out, errOut, status := routertest.Verb(t, p, env, append([]string{"runs", "ls", "--json", "--function", "jobs/sample/make"}, args...)...)
	if err := json.Unmarshal([]byte(out), &all); err != nil || status != 0 {
		t.Fatalf("status %d, %v in %s%s", status, err, out, errOut)
	}
	return all
}

func publish(t *testing.T, env []string, d *db.DB, orders ...events.Event) {
	t.Helper()
	bus, err := events.Open(t.Context(), config.Read[config.Events](routertest.Reader(env)), d)
	if err == nil {
		defer bus.Close()
		err = d.InTx(t.Context(), func(tx pgx.Tx) error { return bus.Publish(t.Context(), tx, orders...) })
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Runs that have failed are run again when their events are gone, each for its function
// alone; one that sleeps is cancelled.
func TestRuns(t *testing.T) {
	t.Parallel()
	w := &workshop{}
	w.broken.Store(true)
	p := w.program()
	env := routertest.Environment(t, routertest.StartInngest(t))
	routertest.Start(t, p, env)
	d := routertest.DB(t, env)
	publish(t, env, d, order{1, largeID + 1}, order{2, largeID + 2}, order{3, largeID + 3})
	await.That(t, "three runs fail", func() bool { return len(runs(t, p, env, "--state", "failed", "--error", "machine")) == 3 })
	await.That(t, "their events leave the outbox", func() bool {
		var n int
		err := d.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&n)
		return err == nil && n == 0
	})
	w.broken.Store(false)
	out, errOut, status := routertest.Verb(t, p, env, "runs", "retry", "--failed", "--function", "jobs/sample/make", "--error", "machine", "--since", "1h")
	if status != 0 || !strings.Contains(out, "3 runs retried") {
		t.Fatalf("retry: status %d, %s%s", status, out, errOut)
	}
	await.That(t, "they end well", func() bool { return len(runs(t, p, env, "--state", "done")) == 3 })
	w.mu.Lock()
	sum, other := int64(0), w.other
	for _, id := range w.made {
		sum += id - largeID
	}
	if len(w.made) != 3 || sum != 6 || other != 3 {
		t.Errorf("made are %v, and the other function ran %d times; want each once, and 3", w.made, other)
	}
	w.mu.Unlock()
	await.That(t, "a run is shown with its step and its result", func() bool {
		out, _, _ := routertest.Verb(t, p, env, "runs", "show", runs(t, p, env)[0].ID)
		return strings.Contains(out, "StepRun look") && strings.Contains(out, "61658162236339814")
	})
	cancelsSleeper(t, p, env, d)
}

func cancelsSleeper(t *testing.T, p program.Program, env []string, d *db.DB) {
	t.Helper()
	publish(t, env, d, order{0, largeID})
	var sleeper string
	await.That(t, "a run sleeps", func() bool {
		all := runs(t, p, env, "--state", "running")
		if len(all) != 1 {
			return false
		}
		sleeper = all[0].ID
		out, _, _ := routertest.Verb(t, p, env, "runs", "show", sleeper)
		return strings.Contains(out, "Sleep nap")
	})
	out, errOut, status := routertest.Verb(t, p, env, "runs", "cancel", sleeper)
	if status != 0 || errOut != "" || !strings.Contains(out, "1 run cancelled") {
		t.Errorf("cancel: status %d, %s%s", status, out, errOut)
	}
	if all := runs(t, p, env, "--state", "cancelled"); len(all) != 1 {
		t.Errorf("cancelled are %v", all)
	}
	await.That(t, "its event leaves the outbox", func() bool {
		var n int
		err := d.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&n)
		return err == nil && n == 0
	})
}
