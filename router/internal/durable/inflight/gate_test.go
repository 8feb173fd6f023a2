package inflight_test

import (
	"context"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/inflight"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

// TestGate has a release that would strand runs, beside one that lives or not.
func TestGate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy  string
		step    string // of the new release
		old     string // when the other release was seen last
		refused bool
	}{
		"refused":                   {config.InFlightRefuse, "new", "now()", true},
		"the steps are the same":    {config.InFlightRefuse, "a", "now()", false},
		"the other release is gone": {config.InFlightRefuse, "new", "now() - interval '2 minutes'", false},
		"never mind":                {config.InFlightContinue, "new", "now()", false},
		"kept":                      {config.InFlightKeep, "new", "now()", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			h := host(t, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := code{t}.step(ctx, tt.step)
				return nil, err
			})
			begin(t, d, "v1", 3, `{}`, "a")
			// That of another service, and one of the host's own at another URL.
			_, err := d.Exec(t.Context(), `INSERT INTO event_run (event_id, function, run_id, due_at, name)
				SELECT gen_random_uuid(), $1 || id, 'run of ' || id, now(), 'test/x' FROM unnest('{jobs-other,watch-0123}'::text[]) AS id`, durabletest.Slug(""))
			durabletest.Must(t, err)
			_, err = d.Exec(t.Context(), `INSERT INTO job_release (origin, release, seen_at, functions, listeners)
				VALUES ($1, 'v1', `+tt.old+`, '[]', '[]')`, h.Self().URL())
			durabletest.Must(t, err)
			g := inflight.NewGate(inflight.Config{Host: h, DB: d, Release: "v2", Policy: tt.policy, Logger: durabletest.Log(t)})
			if err := g.Ready(t.Context()); !fault.Is(err, fault.Unavailable) {
				t.Errorf("before the check: got %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			opened := make(chan bool, 1)
			go func() { opened <- g.Run(ctx) }()
			if tt.refused {
				await.That(t, "the release is refused", func() bool {
					return g.Ready(ctx) != nil && strings.Contains(g.Ready(ctx).Error(), "3 runs")
				})
				cancel()
			}
			if got := <-opened; got == tt.refused {
				t.Errorf("opened: %v", got)
			}
			cancel()
			if err := g.Ready(t.Context()); (err != nil) != tt.refused {
				t.Errorf("after the check: got %v", err)
			}
		})
	}
}
