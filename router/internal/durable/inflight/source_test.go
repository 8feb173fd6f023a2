package inflight_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/inflight"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// begin writes n runs of jobs/task that have passed steps into the ledger, as the host does.
func begin(t *testing.T, d *db.DB, release string, n int, data string, steps ...string) {
	t.Helper()
	ctx := t.Context()
	for range n {
		var run string
		durabletest.Must(t, d.QueryRow(ctx, `INSERT INTO event_run (event_id, function, run_id, due_at, name, data, release)
			VALUES (gen_random_uuid(), $1, gen_random_uuid()::text, now(), 'test/task', nullif($2, '')::json, $3) RETURNING run_id`,
			durabletest.Slug("jobs-task"), data, release).Scan(&run))
		for nr, s := range passed(steps...) {
			_, err := d.Exec(ctx, `INSERT INTO run_step (run_id, id, nr, name, op, result) VALUES ($1, $2, $3, $4, 'StepRun', nullif($5, '')::json)`,
				run, s.ID, nr, s.Name, string(s.Result))
			durabletest.Must(t, err)
		}
	}
}

// TestDatabase has runs in the ledger, of several shapes and releases.
func TestDatabase(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	begin(t, d, "v1", 12, `{"n":616581622363398142}`, `a={"data":1}`, `nap`)
	begin(t, d, "v1", 3, `{"n":1}`, `a={"data":1}`, `nap=null`)
	begin(t, d, "v2", 7, `{"n":1}`, `b`)
	begin(t, d, "", 2, "")
	_, err := d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, due_at, outcome) VALUES (gen_random_uuid(), 'x', 'x', now(), 'done')`)
	durabletest.Must(t, err)
	_, err = d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, due_at, release) VALUES (gen_random_uuid(), $1, 'y', now(), 'v2')`,
		durabletest.Slug("watch-0123"))
	durabletest.Must(t, err)

	source := inflight.Database{DB: d, Except: "v2"}
	shapes, err := source.Shapes(t.Context())
	durabletest.Must(t, err)
	var got []string
	for _, s := range shapes {
		runs, err := source.Load(t.Context(), s.Examples)
		durabletest.Must(t, err)
		r := runs[0]
		got = append(got, fmt.Sprintf("%d %d %s %+v", s.Runs, len(runs), r.Events[0].Data, results(r)))
	}
	want := []string{`12 12 {"n":616581622363398142} a {"data":1} nap `, `3 3 {"n":1} a {"data":1} nap null`, `2 2  `}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	h := host(t, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		if in.N == 616581622363398142 {
			_, _ = code{t}.step(ctx, "a")
		}
		_, err := code{t}.step(ctx, "nap") // no sleep any more: the SDK looks at the name alone
		return nil, err
	})
	report, err := inflight.Check(t.Context(), h, source, t.Output())
	durabletest.Must(t, err)
	if report.Runs != 17 || report.Checked != 17 || report.Unknown != 2 || report.Stranded() != 3 {
		t.Errorf("got %+v", report)
	}
	expect(t, report, &inflight.Finding{Kind: inflight.Order, Step: "a", Instead: `"nap"`})

	// What is the host's own is not gone.
	report, err = inflight.Check(t.Context(), h, inflight.Database{DB: d, Except: "v1", Of: []string{durabletest.Slug("watch-0123")}}, t.Output())
	durabletest.Must(t, err)
	expect(t, report, nil)
}

func results(r durable.Recorded) string {
	var all []string
	for _, s := range r.Steps {
		all = append(all, s.Name, string(s.Result))
	}
	return strings.Join(all, " ")
}
