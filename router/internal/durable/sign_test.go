package durable_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// production is a configuration of a service that Inngest reaches at origin.
func production(t *testing.T) config.Jobs {
	t.Helper()
	jobs := config.Jobs{SigningKey: signingKey}
	must(t, jobs.Origin.UnmarshalText([]byte("https://app.example")))
	jobs.Untried = true
	// Nothing listens there.
	must(t, jobs.BaseURL.UnmarshalText([]byte("http://127.0.0.1:1")))
	return jobs
}

func newHost(t *testing.T, jobs config.Jobs, functions ...function.Function) *durable.Host {
	t.Helper()
	host, err := durable.New(durable.Config{Functions: functions, Jobs: jobs, Logger: testLog(t)})
	must(t, err)
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

func signed(t *testing.T, key, body string, age time.Duration) string {
	t.Helper()
	signature, err := inngestgo.Sign(t.Context(), time.Now().Add(-age), []byte(key), []byte(body))
	must(t, err)
	return signature
}

func call(t *testing.T, h http.Handler, method, target, body, signature string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if signature != "" {
		req.Header.Set(inngestgo.HeaderKeySignature, signature)
	}
	res := httptest.NewRecorder()
	h.ServeHTTP(res, req)
	return res
}

const callTarget = durable.Path + "?fnId=switchyard-jobs-task&stepId=step"

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
	c := &tally{}
	h := newHost(t, production(t), newJob("jobs/task", fn.Job{Events: []string{"test/e"}}, count(c))).Handler()
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
		{"another key", "POST", body, signed(t, "ffff", body, 0), 401},
		{"tampered", "POST", other, signed(t, signingKey, body, 0), 401},
		{"expired", "POST", body, signed(t, signingKey, body, 6*time.Minute), 401},
		{"expired sync", "PUT", body, signed(t, signingKey, body, 6*time.Minute), 401},
		{"not JSON", "POST", "event=1", signed(t, signingKey, body, 0), 401},
		{"large and tampered", "POST", callBody(large + "b"), signed(t, signingKey, callBody(large), 0), 401},
		{"large and expired", "POST", callBody(large), signed(t, signingKey, callBody(large), 6*time.Minute), 401},
		// Deep enough to overflow the stack of the SDK's parser, and wide enough to
		// keep it busy for minutes.
		{"deep", "POST", strings.Repeat("[", 8<<20), signed(t, signingKey, body, 0), 401},
		{"wide", "POST", wide(1 << 18), signed(t, signingKey, body, 0), 401},
		{"too large", "POST", strings.Repeat(" ", 17<<20), signed(t, signingKey, body, 0), 413},
		{"another method", "DELETE", "", "", 405},
	}
	for _, tt := range tests {
		if res := call(t, h, tt.method, callTarget, tt.body, tt.signature); res.Code != tt.want {
			t.Errorf("%s: got %d %s, want %d", tt.name, res.Code, res.Body, tt.want)
		}
	}
	if diff := cmp.Diff(map[string]int{}, c.all()); diff != "" {
		t.Errorf("what ran (-want +got):\n%s", diff)
	}
	if res := call(t, h, "POST", callTarget, body, signed(t, signingKey, body, 0)); res.Code != 200 || c.get("a") != 1 {
		t.Errorf("signed: got %d %s, ran %d times; want 200, once", res.Code, res.Body, c.get("a"))
	}
	body = callBody(large)
	if res := call(t, h, "POST", callTarget, body, signed(t, signingKey, body, 0)); res.Code != 200 || c.get(large) != 1 {
		t.Errorf("large and signed: got %d %s, ran %d times; want 200, once", res.Code, res.Body, c.get(large))
	}
	// A signed sync is answered with the one origin that is ours.
	sync := `{"url":"https://evil.example/x"}`
	res := call(t, h, "PUT", "/x", sync, signed(t, signingKey, sync, 0))
	if text := res.Body.String(); res.Code != 200 || strings.Contains(text, "evil") ||
		!strings.Contains(text, "https://app.example/api/inngest") {
		t.Errorf("signed sync: got %d %s", res.Code, text)
	}
}

func TestDevelopmentNeedsNoSignature(t *testing.T) {
	t.Parallel()
	c := &tally{}
	jobs := production(t)
	must(t, jobs.Dev.UnmarshalText([]byte("http://127.0.0.1:1")))
	jobs.SigningKey = ""
	h := newHost(t, jobs, newJob("jobs/task", fn.Job{Events: []string{"test/e"}}, count(c))).Handler()
	if res := call(t, h, "POST", callTarget, callBody("a"), ""); res.Code != 200 || c.get("a") != 1 {
		t.Errorf("got %d %s, ran %d times; want 200, once", res.Code, res.Body, c.get("a"))
	}
}

// TestInterrupted ends the request in mid-function. The SDK would answer 200, and
// a caller that still listens would take the run for finished.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := fn.Job{Events: []string{"test/e"}}
	h := newHost(t, production(t), newJob("jobs/task", spec, func(ctx context.Context, _ *input) (*output, error) {
		cancel()
		_, err := step.Run(ctx, "late", func(context.Context) (int, error) { return 0, nil })
		return nil, err
	})).Handler()
	body := callBody("a")
	req := httptest.NewRequestWithContext(ctx, "POST", callTarget, bytes.NewReader([]byte(body)))
	req.Header.Set(inngestgo.HeaderKeySignature, signed(t, signingKey, body, 0))
	res := httptest.NewRecorder()
	h.ServeHTTP(res, req)
	if res.Code != 500 {
		t.Errorf("got %d %s, want 500", res.Code, res.Body)
	}
}

// TestStateMissing calls as Inngest does when a run has become too large.
func TestStateMissing(t *testing.T) {
	t.Parallel()
	c := &tally{}
	h := newHost(t, production(t), newJob("jobs/task", fn.Job{Events: []string{"test/e"}}, count(c))).Handler()
	body := strings.Replace(callBody("a"), `"steps":{}`, `"steps":{},"use_api":true`, 1)
	res := call(t, h, "POST", callTarget, body, signed(t, signingKey, body, 0))
	if res.Code != 500 || res.Header().Get(inngestgo.HeaderKeyNoRetry) != "true" || c.get("a") != 0 {
		t.Errorf("got %d %v, ran %d times; want 500, no retry, never", res.Code, res.Header(), c.get("a"))
	}
}
