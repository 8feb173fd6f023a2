package alarms_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// Between two scrapes as much time seems to pass as Prometheus leaves by default: one
// second here is fifteen there.
const (
	scrapeEvery = 15 * time.Second
	pause       = time.Second
)

// metricsToken opens the router's metrics. It is no secret.
const metricsToken = "0123456789abcdef"

func TestMain(m *testing.M) { routertest.Main(m, sample()) }

// happened is an event of any name: "test/good".
type happened struct {
	name string
}

func (h happened) EventName() string { return h.name }

// task is a job that does whatever its function says.
type task func(ctx context.Context) error

func (f task) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, f(ctx) }

// sample is the router with a job of each kind more.
func sample() program.Program {
	p := catalog.Program()
	for name, f := range map[string]task{
		"good":     func(context.Context) error { return nil },
		"failing":  func(context.Context) error { return fault.RetryAfter(time.Minute, errors.New("no")) },
		"hopeless": func(context.Context) error { return fault.Permanent(errors.New("no")) },
		"endless":  func(ctx context.Context) error { step.Sleep(ctx, "long", 1000*time.Hour); return nil },
	} {
		p.Functions = append(p.Functions, function.Function{
			Name: "jobs/test/" + name, Spec: fn.Job{Events: []string{"test/" + name}},
			Bind: func() any { return job.New(f) },
		})
	}
	p.Functions = append(p.Functions, function.Function{
		Name: "jobs/test/stubborn", Spec: fn.Job{Events: []string{"test/stubborn"}, Timeout: time.Millisecond, Retries: -1},
		Bind: func() any { return job.New(task(func(context.Context) error { select {} })) },
	})
	return p
}

// rig is a router that is watched.
type rig struct {
	*routertest.Router
	t     *testing.T
	db    *db.DB
	bus   *events.Bus
	watch *watch
	now   time.Time // by Prometheus
}

// start starts a router with this Inngest, "" for none.
func start(t *testing.T, inngest string) *rig {
	t.Helper()
	env := append(routertest.Environment(t, inngest), "METRICS_TOKEN="+metricsToken)
	r := &rig{t: t, db: routertest.DB(t, env), watch: newWatch(t), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	r.Router = routertest.Start(t, sample(), env)
	var err error
	if r.bus, err = events.Open(t.Context(), config.Read[config.Events](routertest.Reader(env)), r.db); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.bus.Close() })
	return r
}

// publish publishes an event of each name.
func (r *rig) publish(names ...string) {
	r.t.Helper()
	err := r.db.InTx(r.t.Context(), func(tx pgx.Tx) error {
		for _, name := range names {
			if err := r.bus.Publish(r.t.Context(), tx, happened{name}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) exec(statement string) {
	r.t.Helper()
	if _, err := r.db.Exec(r.t.Context(), statement); err != nil {
		r.t.Fatal(err)
	}
}

// handled waits until all events that were published have been handled.
func (r *rig) handled() {
	r.t.Helper()
	await.That(r.t, "all events are handled", func() bool {
		var left int
		err := r.db.QueryRow(r.t.Context(), `SELECT count(*) FROM outbox AS o
			WHERE NOT EXISTS (SELECT FROM event_run AS e WHERE e.event_id = o.id AND e.outcome IS NOT NULL)`).Scan(&left)
		if err != nil {
			r.t.Fatal(err)
		}
		return left == 0
	})
}

// scrape lets some time pass, and returns what fires then.
func (r *rig) scrape() []string {
	r.t.Helper()
	time.Sleep(pause)
	return r.look()
}

// look scrapes the router, and returns what fires.
func (r *rig) look() []string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.URL+"/metrics", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+metricsToken)
	resp := r.Do(req)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("scrape: %d %v", resp.StatusCode, err)
	}
	r.now = r.now.Add(scrapeEvery)
	if err := r.watch.add(r.now, page); err != nil {
		r.t.Fatal(err)
	}
	firing, err := r.watch.fire(r.t.Context(), r.now)
	if err != nil {
		r.t.Fatal(err)
	}
	return firing
}

// expect scrapes, each time after do, until these alarms have fired, and a while on. No
// other may fire at any time.
func (r *rig) expect(do func(), want ...string) {
	r.t.Helper()
	const most, more = 160, 8
	began, fired := r.now, map[string]bool{}
	for left := most; left > 0; left-- {
		if do != nil {
			do()
		}
		for _, alarm := range r.scrape() {
			if !fired[alarm] {
				r.t.Logf("%s: after %s", alarm, r.now.Sub(began))
			}
			fired[alarm] = true
		}
		if len(fired) >= len(want) {
			left = min(left, more)
		}
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(fired))); diff != "" {
		r.t.Errorf("what has fired (-want +got):\n%s", diff)
	}
}
