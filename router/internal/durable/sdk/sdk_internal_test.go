package sdk

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

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/step"
)

// TestSDKIsAsExpected fails when a new version of the SDK differs where [manager] and
// IsControl rely on what it does not promise. In a run that would be a panic, or numbers
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
			serveOnce(t, tt.step, func(m manager, left any) {
				shown = true
				expectSDK(t, m, left, tt.opts)
			})
			if !shown {
				t.Error("the SDK did not call the function")
			}
		})
	}
}

func expectSDK(t *testing.T, m manager, left any, want []string) {
	t.Helper()
	if left == nil || !IsControl(left) {
		t.Errorf("the SDK leaves a function by %T: see IsControl", left)
	}
	if m == nil {
		t.Error("the SDK's manager is not found in the context: see CallOf")
		return
	}
	request, ops := reflect.ValueOf(m).MethodByName("Request"), reflect.ValueOf(m).MethodByName("Ops")
	if !request.IsValid() || !ops.IsValid() {
		t.Error("the SDK's manager has no method Request or none Ops: see manager")
		return
	}
	steps, ok := request.Type().Out(0).Elem().FieldByName("Steps")
	if !ok || steps.Type != reflect.TypeFor[map[string]json.RawMessage]() {
		t.Errorf("the request has Steps of type %v: see RestoreSteps", steps.Type)
	}
	all := ops.Call(nil)[0]
	if all.Len() != 1 || !all.Index(0).FieldByName("Opts").IsValid() {
		t.Errorf("the SDK has the ops %v: see PrepareOps", all)
		return
	}
	opts, _ := reflect.TypeAssert[map[string]any](all.Index(0).FieldByName("Opts"))
	for _, name := range want {
		if opts[name] == nil {
			t.Errorf("the options %v have no %q: see PrepareOps", opts, name)
		}
	}
	if payload, ok := opts["payload"].(map[string]any); opts["payload"] != nil && (!ok || payload["data"] == nil) {
		t.Errorf("the payload is %v: see PrepareOps", opts["payload"])
	}
}

// serveOnce calls a function of the SDK as Inngest does. It leaves for one step, and shows
// what the SDK has then.
func serveOnce(t *testing.T, step func(ctx context.Context), show func(m manager, left any)) {
	t.Helper()
	client, err := inngestgo.NewClient(inngestgo.ClientOpts{
		AppID: "app", Dev: new(true), Env: new(""), EventKey: new("none"), Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = inngestgo.CreateFunction(client, inngestgo.FunctionOpts{ID: "leaves"}, inngestgo.EventTrigger("test/e", nil),
		func(ctx context.Context, _ inngestgo.Input[any]) (any, error) {
			defer func() {
				r := recover()
				show(CallOf(ctx).manager, r)
				panic(r)
			}()
			step(ctx)
			return nil, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"ctx":{"attempt":0,"run_id":"01"},"event":{"data":{},"name":"test/e"},"events":[{"data":{},"name":"test/e"}],"steps":{}}`
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?fnId=app-leaves&stepId=step", strings.NewReader(body))
	client.Serve().ServeHTTP(httptest.NewRecorder(), r)
}
