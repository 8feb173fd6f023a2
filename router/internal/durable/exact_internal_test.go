package durable

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// leaves is a job that leaves for one step, and shows what the SDK has then.
type leaves struct {
	step func(ctx context.Context)
	show func(m manager, left any)
}

func (f leaves) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	defer func() {
		r := recover()
		f.show(managerOf(ctx), r)
		panic(r)
	}()
	f.step(ctx)
	return &struct{}{}, nil
}

// TestSDKIsAsExpected fails when a new version of the SDK differs where [manager] and
// isControl rely on what it does not promise. In a run that would be a panic, or numbers
// and events of other apps would pass unseen.
func TestSDKIsAsExpected(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		step func(ctx context.Context)
		opts []string // that have to be there
	}{
		"WaitForEvent": {func(ctx context.Context) {
			_, _ = step.WaitForEvent[any](ctx, "s", step.WaitForEventOpts{Event: "test/x", Timeout: time.Hour, If: new("true")})
		}, []string{"event", "if"}},
		"Invoke": {func(ctx context.Context) {
			_, _ = step.Invoke[any](ctx, "s", step.InvokeOpts{FunctionId: "x", Data: map[string]any{"a": 1}})
		}, []string{"payload"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := false
			serveOnce(t, leaves{tt.step, func(m manager, left any) {
				shown = true
				expectSDK(t, m, left, tt.opts)
			}})
			if !shown {
				t.Error("the SDK did not call the function")
			}
		})
	}
}

func expectSDK(t *testing.T, m manager, left any, want []string) {
	t.Helper()
	if left == nil || !isControl(left) {
		t.Errorf("the SDK leaves a function by %T: see isControl", left)
	}
	if m == nil {
		t.Error("the SDK's manager is not found in the context: see managerOf")
		return
	}
	request, ops := reflect.ValueOf(m).MethodByName("Request"), reflect.ValueOf(m).MethodByName("Ops")
	if !request.IsValid() || !ops.IsValid() {
		t.Error("the SDK's manager has no method Request or none Ops: see manager")
		return
	}
	steps, ok := request.Type().Out(0).Elem().FieldByName("Steps")
	if !ok || steps.Type != reflect.TypeFor[map[string]json.RawMessage]() {
		t.Errorf("the request has Steps of type %v: see restoreSteps", steps.Type)
	}
	all := ops.Call(nil)[0]
	if all.Len() != 1 || !all.Index(0).FieldByName("Opts").IsValid() {
		t.Errorf("the SDK has the ops %v: see prepareOps", all)
		return
	}
	opts, _ := reflect.TypeAssert[map[string]any](all.Index(0).FieldByName("Opts"))
	for _, name := range want {
		if opts[name] == nil {
			t.Errorf("the options %v have no %q: see prepareOps", opts, name)
		}
	}
	if payload, ok := opts["payload"].(map[string]any); opts["payload"] != nil && (!ok || payload["data"] == nil) {
		t.Errorf("the payload is %v: see prepareOps", opts["payload"])
	}
}

// serveOnce calls a job as Inngest does.
func serveOnce(t *testing.T, f leaves) {
	t.Helper()
	jobs := config.Jobs{Untried: true}
	if err := jobs.Dev.UnmarshalText([]byte("http://127.0.0.1:1")); err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{
		Jobs: jobs, Origin: "http://127.0.0.1:1", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Functions: []function.Function{{
			Name: "jobs/leaves", Spec: fn.Job{Events: []string{"test/e"}}, Bind: func() any { return job.New(f) },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"ctx":{"attempt":0,"run_id":"01"},"event":{"data":{},"name":"test/e"},"events":[{"data":{},"name":"test/e"}],"steps":{}}`
	target := Path + "?fnId=" + h.slug("jobs-leaves") + "&stepId=step"
	h.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body)))
}
