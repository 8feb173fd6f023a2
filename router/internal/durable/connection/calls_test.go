package connection_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// TestConnect has the server call over a connection that the host has opened.
func TestConnect(t *testing.T) {
	t.Parallel()
	s := durabletest.StartDev(t)
	c := &durabletest.Tally{}
	d := dbtest.New(t)
	l := ledger.New(d)
	work := func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		if _, err := durabletest.CountedStep(ctx, c, "step "+events.ID(ctx).String()); err != nil {
			return nil, err
		}
		switch {
		case in.Key == "hopeless":
			return nil, fault.Permanent(errors.New("no"))
		case in.Key == "weak" && c.Add("tries") == 1:
			return nil, fault.RetryAfter(time.Second, errors.New("not yet"))
		case in.Key == "sleepy":
			step.Sleep(ctx, "wait", time.Second)
		}
		return &durabletest.Output{Sum: int(in.N)}, nil
	}
	over := make(chan struct{})
	stubborn := func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := step.Run(ctx, "wait", func(ctx context.Context) (int, error) {
			c.Add("step " + events.ID(ctx).String())
			<-over
			return 1, nil
		})
		return nil, err
	}
	s.Connect(t, d,
		durabletest.NewJob("jobs/work", fn.Job{Events: []string{"test/work"}}, work),
		// Its step begins before that, however much else there is to do, and ends after it.
		durabletest.NewJob("jobs/stubborn", fn.Job{Events: []string{"test/stubborn"}, Timeout: 3 * time.Second, Retries: -1}, stubborn))
	t.Cleanup(func() { close(over) }) // before the connection is closed
	taken := uuid.New()
	_, err := l.Begin(t.Context(), ledger.Run{Function: durabletest.Slug("jobs-work"), ID: "lost", Events: []uuid.UUID{taken}},
		ledger.Claim{Within: 2 * time.Second})
	durabletest.Must(t, err)
	ids := map[string]uuid.UUID{"taken": taken}
	outcomes := map[string]string{"plain": "done", "sleepy": "done", "weak": "done", "hopeless": "failed", "taken": "done", "stubborn": "failed"}
	for key := range outcomes {
		if ids[key] == uuid.Nil {
			ids[key] = uuid.New()
		}
		name := "test/work"
		if key == "stubborn" {
			name = "test/stubborn"
		}
		s.Send(map[string]any{"id": ids[key].String(), "name": name, "data": map[string]any{"key": key, "n": 7}})
	}
	for key, want := range outcomes {
		await.That(t, "the "+key+" run is "+want, func() bool {
			all := durabletest.LedgerRows(t, d, ids[key].String())
			return len(all) == 1 && all[0].Outcome == want
		})
		if n := c.Get("step " + ids[key].String()); n != 1 {
			t.Errorf("%s: its step ran %d times", key, n)
		}
	}
}
