package durable_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// A call of a job ends with its last task, and a task that panics ends no process.
func TestTasks(t *testing.T) {
	t.Parallel()
	var ended atomic.Bool
	log := &durabletest.SyncBuffer{}
	host, err := durable.New(durable.Config{
		Functions: []function.Function{durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}},
			func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				burst := fn.Go(ctx, "burst", func(context.Context) error { panic("oh") })
				fn.Go(ctx, "slow", func(context.Context) error {
					time.Sleep(50 * time.Millisecond)
					ended.Store(true)
					return nil
				})
				return nil, burst()
			})},
		Jobs: durabletest.Production(t), Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	durabletest.Must(t, err)
	body := callBody("a")
	res := durabletest.Call(t, host.Handler(), "POST", callTarget(), body, raw(durabletest.SigningKey, body, 0))
	if res.Code != http.StatusInternalServerError || !strings.Contains(res.Body.String(), "panic: oh") || !ended.Load() {
		t.Errorf("got %d %s; ended: %t", res.Code, res.Body, ended.Load())
	}
	if all := log.String(); !strings.Contains(all, "a task panicked") || !strings.Contains(all, "function=jobs/task") || !strings.Contains(all, "stack=") {
		t.Errorf("the log:\n%s", all)
	}
	if all := host.Callees(); len(all) != 1 || all[0].Panics() != 1 || all[0].Tasks() != 0 {
		t.Errorf("%d functions, %d panics, %d tasks run", len(all), all[0].Panics(), all[0].Tasks())
	}
}
