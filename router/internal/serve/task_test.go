package serve_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

// busy begins a task that panics, one that fails, and one that ends after it has returned.
type busy struct{ ended *atomic.Bool }

func (b busy) Handle(ctx context.Context, _ *struct{}) (*whoOutput, error) {
	burst := fn.Go(ctx, "burst", func(context.Context) error { panic("hunter2") })
	fn.Go(ctx, "alone", func(context.Context) error { return errors.New("hunter3") })
	fn.Go(ctx, "slow", func(context.Context) error {
		time.Sleep(50 * time.Millisecond)
		b.ended.Store(true)
		return nil
	})
	return &whoOutput{Body: "done"}, burst()
}

// A panic of a task ends no process: it is the function's error, told and counted. The
// call ends with its last task.
func TestTasks(t *testing.T) {
	t.Parallel()
	var ended atomic.Bool
	host := start(t, serve.Config{Server: open(), Functions: append(samples(),
		function.Function{Name: "api/busy", Spec: fn.Endpoint{Route: "GET /api/busy", Access: fn.Public}, Bind: func() any { return endpoint.New(busy{&ended}) }},
	)})
	got := send(t, http.MethodGet, host.url+"/api/busy", nil, "X-Request-Id: r-1")
	if got.status != http.StatusInternalServerError || !ended.Load() || strings.Contains(got.body, "hunter") {
		t.Errorf("%d %s; ended: %t", got.status, got.body, ended.Load())
	}
	host.log.line(t, "r-1")
	for _, want := range []string{`"panic: hunter2"`, `"hunter3"`, `"task":"burst"`, `"task":"alone"`, "busy.Handle.func1", `"function":"api/busy"`} {
		if !strings.Contains(host.log.all(), want) {
			t.Errorf("the log has no %s:\n%s", want, host.log.all())
		}
	}
	send(t, http.MethodGet, host.url+"/panic", nil)
	counts := scrape(t, host)
	for name, want := range map[string]float64{"api/busy": 1, "pages/panic": 1, "api/echo": 0} {
		if got, ok := counts[`switchyard_panics_total{function="`+name+`", project="shop"}`]; !ok || got != want {
			t.Errorf("%s: %v panics, %t; want %v", name, got, ok, want)
		}
	}
	if got, ok := counts[`switchyard_tasks_running{function="api/busy", project="shop"}`]; !ok || got != 0 {
		t.Errorf("%v tasks run, %t", got, ok)
	}
}
