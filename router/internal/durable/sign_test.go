package durable_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

func newHost(t *testing.T, jobs config.Jobs, functions ...function.Function) *durable.Host {
	t.Helper()
	host, err := durable.New(durable.Config{Functions: functions, Jobs: jobs, Logger: durabletest.Log(t)})
	durabletest.Must(t, err)
	return host
}

// callBody is how Inngest calls a function whose event has this key: in the
// canonical form of JSON.
func callBody(key string) string {
	return fmt.Sprintf(`{"ctx":{"attempt":0,"run_id":"01"},"event":{"data":{"key":%q},"name":"test/e"},`+
		`"events":[{"data":{"key":%[1]q},"name":"test/e"}],"steps":{}}`, key)
}

// wide is an object of n keys.
func wide(n int) string {
	var b strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&b, `,"%06d":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// targetOf is where Inngest calls a step of a job.
func targetOf(job, stepID string) string {
	return durable.Path + "?fnId=" + durabletest.Slug("jobs-"+job) + "&stepId=" + stepID
}

// callTarget is where it calls the job of most tests.
func callTarget() string { return targetOf("task", "step") }

// TestSignature sends what does not come from Inngest, with an environment that
// would make the SDK believe it.
func TestSignature(t *testing.T) { //nolint:paralleltest // it sets variables
	for name, value := range map[string]string{
		"INNGEST_DEV": "1", "INNGEST_ENABLE_UNAUTHED_SYNC": "true", "INNGEST_SIGNING_KEY": "ffff",
		"INNGEST_SIGNING_KEY_FALLBACK": "ffff", "INNGEST_BASE_URL": "http://127.0.0.1:2",
		"INNGEST_API_BASE_URL": "http://127.0.0.1:2", "INNGEST_SERVE_HOST": "https://evil.example",
	} {
		t.Setenv(name, value)
	}
	c := &durabletest.Tally{}
	h := newHost(t, durabletest.Production(t), durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, durabletest.Count(c))).Handler()
	body, other := callBody("a"), callBody("b")
	large := strings.Repeat("a", 1<<20)
	tests := []struct {
		name, method, body, signature string
		want                          int
	}{
		{"unsigned", "POST", body, "", 401},
		{"unsigned sync", "PUT", "", "", 401},
		{"unsigned sync with a body", "PUT", `{"url":"https://evil.example/api/inngest"}`, "", 401},
		{"unsigned inspection", "GET", "", "", 401},
		{"garbage", "POST", body, "garbage", 401},
		{"garbage sync", "PUT", `{"url":"https://evil.example"}`, "t=1&s=00", 401},
		{"garbage inspection", "GET", "", "garbage", 401},
		{"another key", "POST", body, durabletest.Sign(t, "ffff", body, 0), 401},
		{"tampered", "POST", other, durabletest.Sign(t, durabletest.SigningKey, body, 0), 401},
		{"expired", "POST", body, durabletest.Sign(t, durabletest.SigningKey, body, 6*time.Minute), 401},
		{"expired sync", "PUT", body, durabletest.Sign(t, durabletest.SigningKey, body, 6*time.Minute), 401},
		{"not JSON", "POST", "event=1", durabletest.Sign(t, durabletest.SigningKey, body, 0), 401},
		{"large and tampered", "POST", callBody(large + "b"), durabletest.Sign(t, durabletest.SigningKey, callBody(large), 0), 401},
		{"large and expired", "POST", callBody(large), durabletest.Sign(t, durabletest.SigningKey, callBody(large), 6*time.Minute), 401},
		// Deep enough to overflow the stack of the SDK's parser, and wide enough to
		// keep it busy for minutes.
		{"deep", "POST", strings.Repeat("[", 8<<20), durabletest.Sign(t, durabletest.SigningKey, body, 0), 401},
		{"wide", "POST", wide(1 << 18), durabletest.Sign(t, durabletest.SigningKey, body, 0), 401},
		{"too large", "POST", strings.Repeat(" ", 17<<20), durabletest.Sign(t, durabletest.SigningKey, body, 0), 413},
		{"another method", "DELETE", "", "", 405},
	}
	for _, tt := range tests {
		if res := durabletest.Call(t, h, tt.method, callTarget(), tt.body, tt.signature); res.Code != tt.want {
			t.Errorf("%s: got %d %s, want %d", tt.name, res.Code, res.Body, tt.want)
		}
	}
	if diff := cmp.Diff(map[string]int{}, c.All()); diff != "" {
		t.Errorf("what ran (-want +got):\n%s", diff)
	}
	if res := durabletest.Call(t, h, "POST", callTarget(), body, durabletest.Sign(t, durabletest.SigningKey, body, 0)); res.Code != 200 || c.Get("a") != 1 {
		t.Errorf("signed: got %d %s, ran %d times; want 200, once", res.Code, res.Body, c.Get("a"))
	}
	body = callBody(large)
	if res := durabletest.Call(t, h, "POST", callTarget(), body, durabletest.Sign(t, durabletest.SigningKey, body, 0)); res.Code != 200 || c.Get(large) != 1 {
		t.Errorf("large and signed: got %d %s, ran %d times; want 200, once", res.Code, res.Body, c.Get(large))
	}
	// A signed sync is answered with the one origin that is ours.
	sync := `{"url":"https://evil.example/x"}`
	res := durabletest.Call(t, h, "PUT", "/x", sync, durabletest.Sign(t, durabletest.SigningKey, sync, 0))
	if text := res.Body.String(); res.Code != 200 || strings.Contains(text, "evil") ||
		!strings.Contains(text, "https://app.example/api/inngest") {
		t.Errorf("signed sync: got %d %s", res.Code, text)
	}
}

func TestDevelopmentNeedsNoSignature(t *testing.T) {
	t.Parallel()
	c := &durabletest.Tally{}
	jobs := durabletest.Production(t)
	durabletest.Must(t, jobs.Dev.UnmarshalText([]byte("http://127.0.0.1:1")))
	jobs.SigningKey = ""
	h := newHost(t, jobs, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, durabletest.Count(c))).Handler()
	if res := durabletest.Call(t, h, "POST", callTarget(), callBody("a"), ""); res.Code != 200 || c.Get("a") != 1 {
		t.Errorf("got %d %s, ran %d times; want 200, once", res.Code, res.Body, c.Get("a"))
	}
}

// TestInterrupted ends the request in mid-function. The SDK would answer 200, and
// a caller that still listens would take the run for finished.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := fn.Job{Events: []string{"test/e"}}
	h := newHost(t, durabletest.Production(t), durabletest.NewJob("jobs/task", spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		cancel()
		_, err := step.Run(ctx, "late", func(context.Context) (int, error) { return 0, nil })
		return nil, err
	})).Handler()
	body := callBody("a")
	req := httptest.NewRequestWithContext(ctx, "POST", callTarget(), bytes.NewReader([]byte(body)))
	req.Header.Set(inngestgo.HeaderKeySignature, durabletest.Sign(t, durabletest.SigningKey, body, 0))
	res := httptest.NewRecorder()
	h.ServeHTTP(res, req)
	if res.Code != 500 {
		t.Errorf("got %d %s, want 500", res.Code, res.Body)
	}
}

// TestStateMissing calls as Inngest does when a run has become too large.
func TestStateMissing(t *testing.T) {
	t.Parallel()
	c := &durabletest.Tally{}
	h := newHost(t, durabletest.Production(t), durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, durabletest.Count(c))).Handler()
	body := strings.Replace(callBody("a"), `"steps":{}`, `"steps":{},"use_api":true`, 1)
	res := durabletest.Call(t, h, "POST", callTarget(), body, durabletest.Sign(t, durabletest.SigningKey, body, 0))
	if res.Code != 500 || res.Header().Get(inngestgo.HeaderKeyNoRetry) != "true" || c.Get("a") != 0 {
		t.Errorf("got %d %v, ran %d times; want 500, no retry, never", res.Code, res.Header(), c.Get("a"))
	}
}
