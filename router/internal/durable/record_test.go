package durable_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/exact"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/sdk"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// recorder is a job with a step of each kind. At its end it keeps what the SDK has.
type recorder struct {
	mu      sync.Mutex
	results map[string]string // by the steps' ids
}

func (r *recorder) Handle(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
	_, err := step.Run(ctx, "number", func(context.Context) (map[string]any, error) {
		return map[string]any{"id": json.Number("616581622363398142")}, nil
	})
	if err != nil {
		return nil, err
	}
	_, err = step.Run(ctx, "weak", func(context.Context) (int, error) { return 3, fault.Permanent(errors.New("no")) })
	if err == nil {
		return nil, errors.New("the weak step has not failed")
	}
	step.Sleep(ctx, "nap", time.Second)
	if _, err = step.WaitForEvent[any](ctx, "wait", step.WaitForEventOpts{Event: "test/never", Timeout: time.Second}); err == nil {
		return nil, errors.New("it came")
	}
	if _, err = step.Invoke[any](ctx, "ask", step.InvokeOpts{FunctionId: durabletest.Slug("jobs-answer"), Data: map[string]any{"key": "k"}}); err != nil {
		return nil, err
	}
	if _, err = step.Run(ctx, "number", func(context.Context) (any, error) { return nil, nil }); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results = map[string]string{}
	for _, one := range sdk.CallOf(ctx).Results() {
		r.results[one.ID] = string(one.JSON)
	}
	return &durabletest.Output{Sum: int(in.N)}, nil
}

func answerJob(context.Context, *durabletest.Input) (*durabletest.Output, error) {
	return &durabletest.Output{Sum: 5}, nil
}

// recorded is a row of table run_step.
type recorded struct {
	Nr           int
	Name, Op, ID string
	Result       *string
}

func stepsOf(t *testing.T, d *db.DB, run string) []recorded {
	t.Helper()
	rows, err := d.Query(t.Context(), `SELECT nr, name, op, id, result::text FROM run_step WHERE run_id = $1 ORDER BY nr`, run)
	durabletest.Must(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[recorded])
	durabletest.Must(t, err)
	return all
}

// The ledger has each step of a run, with its result as the SDK is given it by Inngest.
func TestRecord(t *testing.T) {
	t.Parallel()
	s, d := durabletest.StartDev(t), dbtest.New(t)
	l := ledger.New(d)
	l.Release = "r1"
	r := &recorder{}
	s.Release(t, l,
		durabletest.NewJob("jobs/record", fn.Job{Events: []string{"test/record"}}, r.Handle),
		durabletest.NewJob("jobs/answer", fn.Job{Events: []string{"test/answer"}}, answerJob),
	)
	id := uuid.New()
	run := s.AwaitRun(s.Send(map[string]any{"id": id.String(), "name": "test/record", "data": map[string]any{"key": "k", "n": 7}}))
	if run.Status != "Completed" {
		t.Fatalf("it ended %s: %s", run.Status, run.Output)
	}
	type what struct{ Name, Op string }
	want := []what{
		{"number", "StepRun"}, {"weak", "StepRun"}, {"nap", "Sleep"}, {"wait", "WaitForEvent"}, {"ask", "InvokeFunction"}, {"number", "StepRun"},
	}
	var got []what
	results := map[string]string{}
	for i, one := range stepsOf(t, d, run.ID) {
		got = append(got, what{one.Name, one.Op})
		if one.Nr != i || one.Result == nil {
			t.Errorf("step %d has the number %d and the result %v", i, one.Nr, one.Result)
			continue
		}
		results[one.ID] = string(exact.RestoreStep([]byte(*one.Result)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(r.results, results, sameJSON()); diff != "" {
		t.Errorf("results (-what the SDK has +got):\n%s", diff)
	}
	var name, release string
	var data *string
	err := d.QueryRow(t.Context(), `SELECT name, release, data::text FROM event_run WHERE event_id = $1 AND outcome = 'done'`, id).Scan(&name, &release, &data)
	if err != nil || name != "test/record" || release != "r1" || data != nil {
		t.Errorf("the run is %s by %s with %v, %v", name, release, data, err)
	}
}

func sameJSON() cmp.Option {
	return cmp.Transformer("JSON", func(text string) (v any) {
		_ = json.Unmarshal([]byte(text), &v)
		return v
	})
}
