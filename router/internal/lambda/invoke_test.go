package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"switchyard/router/internal/lambda"
	"switchyard/router/internal/lambda/httpevent"
	"switchyard/router/internal/lambda/lambdatest"
)

func contextWithin(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

// TestSamples wants the samples that are requests to reach the handler.
func TestSamples(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"alb-lambda-target-request-headers-only.json":       "GET lambda-test-alb-1334523864.us-east-1.elb.amazonaws.com/?key=hello 25.12.198.67:0",
		"alb-lambda-target-request-multivalue-headers.json": "GET lambda-test-alb-1234567.us-east-1.elb.amazonaws.com/?key=hello 72.21.198.67:0",
		"apigw-request.json":                                "POST gy415nuibc.execute-api.us-east-1.amazonaws.com/hello/world?name=me 192.168.196.186:0",
		"apigw-v2-request-no-authorizer.json":               "GET aaaaaaaaaa.execute-api.us-west-2.amazonaws.com/ 1.2.3.4:0",
		"lambda-urls-request.json":                          "POST <url-id>.lambda-url.us-west-2.on.aws/my/path?parameter1=value1&parameter1=value2&parameter2=value 123.123.123.123:0",
	}
	requests := map[string]bool{
		"apigw-restapi-openapi-request.json": true, "apigw-v2-request-iam.json": true, "apigw-v2-request-jwt-authorizer.json": true,
		"apigw-v2-request-lambda-authorizer.json": true,
	}
	for name, event := range lambdatest.Samples(t) {
		var got string
		host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = r.Method + " " + r.Host + r.RequestURI + " " + r.RemoteAddr
		})})
		_, err := host.Invoke(t.Context(), event)
		switch {
		case want[name] != "":
			if got != want[name] || err != nil {
				t.Errorf("%s: got %q, %v, want %q", name, got, err, want[name])
			}
		case (got != "") != requests[name]:
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{HTTP: handler()})
	for payload, want := range map[string]string{
		`{"answer": {"x": [1, "}"]}, "question":"secret"}`: "this is no event that Switchyard knows: its keys are answer, question",
		`[1]`:                              "this event is not a JSON object with anything in it",
		``:                                 "this event is not a JSON object with anything in it",
		`{}`:                               "this event is not a JSON object with anything in it",
		`{"switchyard": "dance"}`:          `there is no command "dance"; there is sweep`,
		`{"switchyard": "sweep"}`:          "there is nothing to sweep: no function here publishes events",
		`{"httpMethod": "GET", "path": 7}`: "json: cannot unmarshal number into Go struct field APIGatewayProxyRequest.path of type string",
		`{"requestContext": {"http":{}}, "a": 1}`: "this is no event that Switchyard knows: its keys are requestContext, a",
	} {
		_, err := host.Invoke(t.Context(), []byte(payload))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", payload, err, want)
		}
	}
	_, err := lambda.New(lambda.Config{}).Invoke(t.Context(), v2Event(t, request{target: "/"}))
	if err == nil || !strings.Contains(err.Error(), "no function here serves HTTP") {
		t.Errorf("without a handler: %v", err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`{"a":1,"b":"x\"}","c":{"d":[{"e":1}]},"f":null}`: "a b c f",
		"\t{ \"a\" : [ 1 , 2 ] , \"b\" : true }\n":        "a b",
		`{"a\\":1,"b":"\\"}`:                              `a\\ b`,
		`{"a":1`:                                          "a",
		`{"a":{`:                                          "",
		`{"a":"`:                                          "",
		`{"a"`:                                            "",
		`{"a"1}`:                                          "",
		`{a:1}`:                                           "",
		`{"a":}`:                                          "",
		`null`:                                            "",
	} {
		if got := strings.Join(lambda.Members([]byte(object)), " "); got != want {
			t.Errorf("%s: %q, want %q", object, got, want)
		}
	}
}

// TestV1WithoutAccount is what the console's test button sends.
func TestV1WithoutAccount(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{HTTP: handler()})
	for _, event := range []string{
		`{"httpMethod":"GET","path":"/text"}`,
		`{"httpMethod":"GET","path":"/text","requestContext":{"identity":{"sourceIp":"test-invoke-source-ip"}},"headers":null}`,
	} {
		reply, err := host.Invoke(t.Context(), []byte(event))
		if err != nil || answered(t, reply).Status != 200 {
			t.Errorf("%s, %v", reply, err)
		}
	}
}

// TestAddress wants the caller's address from where the caller cannot write it, and
// in the form of net/http.
func TestAddress(t *testing.T) {
	t.Parallel()
	var got string
	host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })})
	for _, f := range fronts() {
		if _, err := host.Invoke(t.Context(), f.event(t, request{target: "/"})); err != nil || got != client+":0" {
			t.Errorf("%s: %q, %v", f.name, got, err)
		}
	}
	for forwarded, want := range map[string]string{"6.6.6.6, 2001:db8::1": "[2001:db8::1]:0", "1.2.3.4:5": "1.2.3.4:5", "": ":0"} {
		event := albEvent(t, request{target: "/", header: http.Header{"X-Forwarded-For": {forwarded}}})
		if _, err := host.Invoke(t.Context(), event); err != nil || got != want {
			t.Errorf("%q: %q, %v", forwarded, got, err)
		}
	}
}

// TestHTTPAPI wants the path of an HTTP API, which arrives decoded, to be what the
// client sent, as far as that can be known.
func TestHTTPAPI(t *testing.T) {
	t.Parallel()
	var got string
	host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.Path + " " + r.RequestURI })})
	for path, want := range map[string]string{
		"/a b/é":    "/a b/é /a%20b/%C3%A9",
		"/100%":     "/100% /100%25",
		"/a%41":     "/a%41 /a%2541",
		"/what?":    "/what? /what%3F",
		"/prod/50%": "/50% /50%25",
	} {
		event := v2Event(t, request{target: "/PATH"})
		event = bytes.ReplaceAll(event, []byte("abc.lambda-url.eu-central-1.on.aws"), []byte("x.execute-api.eu-central-1.amazonaws.com"))
		event = bytes.ReplaceAll(event, []byte(`"stage":"$default"`), []byte(`"stage":"prod"`))
		event = bytes.ReplaceAll(event, []byte("/PATH"), []byte(path))
		if _, err := host.Invoke(t.Context(), event); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
}

// TestStage wants the stage not to be a part of the path, unless it is one.
func TestStage(t *testing.T) {
	t.Parallel()
	var got string
	host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI })})
	for _, tt := range []struct{ domain, stage, path, want string }{
		{"x.execute-api.eu-central-1.amazonaws.com", "prod", "/prod/a/b", "/a/b"},
		{"x.execute-api.eu-central-1.amazonaws.com", "prod", "/prod", "/"},
		{"x.execute-api.eu-central-1.amazonaws.com", "prod", "/production", "/production"},
		{"x.execute-api.eu-central-1.amazonaws.com", "$default", "/prod/a", "/prod/a"},
		{"shop.example", "prod", "/prod/a", "/prod/a"},
	} {
		event := v2Event(t, request{target: tt.path})
		event = bytes.ReplaceAll(event, []byte("abc.lambda-url.eu-central-1.on.aws"), []byte(tt.domain))
		event = bytes.ReplaceAll(event, []byte(`"stage":"$default"`), []byte(`"stage":"`+tt.stage+`"`))
		if _, err := host.Invoke(t.Context(), event); err != nil || got != tt.want {
			t.Errorf("%+v: %q, %v", tt, got, err)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	var got bool
	host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.TLS != nil })})
	for _, f := range fronts() {
		for proto, want := range map[string]bool{"https": true, "http": false} {
			event := f.event(t, request{target: "/", header: http.Header{"X-Forwarded-Proto": {proto}}})
			if _, err := host.Invoke(t.Context(), event); err != nil || got != want {
				t.Errorf("%s, %s: %t, %v", f.name, proto, got, err)
			}
		}
	}
}

// TestPanics wants a panic to be a 500 if nothing is answered yet, and an answer that
// breaks off to fail the event; the process lives in both cases.
func TestPanics(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	host := lambda.New(lambda.Config{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/late":
				w.WriteHeader(http.StatusOK)
				panic("bug")
			case "/abort":
				panic(http.ErrAbortHandler)
			case "/short":
				w.Header().Set("Content-Length", "10")
				fmt.Fprint(w, "short")
			case "/long":
				w.Header().Set("Content-Length", "3")
				if _, err := io.WriteString(w, "four"); !errors.Is(err, http.ErrContentLength) {
					t.Errorf("more than the Content-Length: %v", err)
				}
			default:
				panic("bug")
			}
		}),
	})
	for _, f := range fronts() {
		reply, err := host.Invoke(t.Context(), f.event(t, request{target: "/"}))
		if err != nil || answered(t, reply).Status != 500 {
			t.Errorf("%s: %s, %v", f.name, reply, err)
		}
		for _, path := range []string{"/late", "/abort", "/short", "/long"} {
			_, err := host.Invoke(t.Context(), f.event(t, request{target: path}))
			if _, ok := errors.AsType[*httpevent.AbortError](err); !ok {
				t.Errorf("%s %s: %v", f.name, path, err)
			}
		}
	}
	if !strings.Contains(log.String(), "invoke_test.go") {
		t.Errorf("the log does not say where: %s", &log)
	}
}

// TestTooLarge wants an answer over the front's limit, measured as it is sent, to
// become one that says so.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "r-1")
		w.Header().Set("Etag", `"1"`)
		size, fill := map[string]int{"/text": 6 << 20, "/binary": 5 << 20, "/fits": 5 << 20, "/alb": 1 << 20}[r.URL.Path], "<"
		if r.URL.Path == "/binary" {
			fill = "\xff"
		}
		_, err := io.WriteString(w, strings.Repeat(fill, size))
		if r.URL.Path == "/stops" {
			for err == nil {
				_, err = io.WriteString(w, strings.Repeat("x", 1<<20))
			}
		}
	})})
	for _, path := range []string{"/text", "/binary", "/stops"} {
		reply, err := host.Invoke(t.Context(), v2Event(t, request{target: path}))
		if err != nil {
			t.Fatal(err)
		}
		got := answered(t, reply)
		var p struct{ Status, Detail, RequestID string }
		_ = json.Unmarshal([]byte(got.Body), &p)
		if got.Status != 413 || got.Header.Get("Content-Type") != "application/problem+json" || p.RequestID != "r-1" ||
			!strings.Contains(p.Detail, "6 MB") || !strings.Contains(p.Detail, "streaming") || got.Header.Get("Etag") != "" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if reply, err := host.Invoke(t.Context(), v2Event(t, request{target: "/fits"})); err != nil || len(answered(t, reply).Body) != 5<<20 {
		t.Errorf("what fits: %d bytes, %v", len(reply), err)
	}
	if reply, err := host.Invoke(t.Context(), albEvent(t, request{target: "/alb"})); err != nil || !strings.Contains(answered(t, reply).Body, "1 MB") {
		t.Errorf("ALB: %.200s, %v", reply, err)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	var got string
	host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("X-Request-Id") })})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "aws-1"})
	for want, header := range map[string]http.Header{"aws-1": nil, "client-1": {"X-Request-Id": {"client-1"}}} {
		if _, err := host.Invoke(ctx, v2Event(t, request{target: "/", header: header})); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// TestTrack wants what is tracked to be flushed before the reply whatever happens,
// within bounds, and a flush that fails not to fail the event.
func TestTrack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, tracks) // what is left of a second is no matter of the machine
}

func tracks(t *testing.T) {
	t.Helper()
	var steps []string
	var log bytes.Buffer
	track := func() func(context.Context) error {
		steps = append(steps, "track")
		return func(ctx context.Context) error {
			steps = append(steps, "flush")
			if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
				t.Errorf("the time is not bounded, or over: %v", ctx.Err())
			}
			return errors.New("inngest is away")
		}
	}
	host := lambda.New(lambda.Config{
		Track:  []func() func(context.Context) error{track},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Sweep:  func(context.Context) error { steps = append(steps, "sweep"); return nil },
		HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			steps = append(steps, "handle")
			if r.URL.Path == "/late" {
				<-r.Context().Done()
			}
			if r.URL.Path == "/panic" {
				panic(http.ErrAbortHandler)
			}
		}),
	})
	ctx, cancel := contextWithin(t, 3*time.Second)
	defer cancel()
	for _, event := range [][]byte{
		v2Event(t, request{target: "/"}), v2Event(t, request{target: "/panic"}), v2Event(t, request{target: "/late"}), []byte(`{"switchyard":"sweep"}`),
	} {
		_, _ = host.Invoke(ctx, event)
	}
	want := "track handle flush track handle flush track handle flush track sweep flush"
	if got := strings.Join(steps, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(log.String(), "inngest is away") {
		t.Errorf("the log does not say that it failed: %s", &log)
	}
	if ctx.Err() != nil {
		t.Error("the handler was given all of the time")
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{}
	get := lambda.Environment(func(name string) string { return env[name] })
	if got := get("LOG_FORMAT") + " " + get("DATABASE_MAX_CONNS") + " " + get("BUCKET"); got != "json 2 " {
		t.Errorf("got %q", got)
	}
	env["AWS_LAMBDA_MAX_CONCURRENCY"] = "16"
	if got := get("DATABASE_MAX_CONNS"); got != "17" {
		t.Errorf("for 16 at once: %q", got)
	}
	env["DATABASE_MAX_CONNS"], env["LOG_FORMAT"] = "5", "text"
	if got := get("LOG_FORMAT") + " " + get("DATABASE_MAX_CONNS"); got != "text 5" {
		t.Errorf("what is set: %q", got)
	}
}
