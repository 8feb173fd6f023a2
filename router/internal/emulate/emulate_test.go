package emulate_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"switchyard/router/internal/emulate"
)

// TestMain makes this test binary a bootstrap when Lambda starts it.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(m.Run())
	}
	switch os.Getenv("START") {
	case "exit":
		os.Exit(3)
	case "polite":
		lambda.StartWithOptions(serve, lambda.WithEnableSIGTERM(func() {
			_, _ = os.Stdout.WriteString("polite to the end\n")
			os.Exit(0)
		}))
	default:
		lambda.Start(serve)
	}
}

// order is what the tests send directly, in place of an event.
type order struct {
	Do string `json:"do"`
}

// serve is the function: it does what the order says, and answers events with
// themselves.
func serve(ctx context.Context, payload json.RawMessage) (any, error) {
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return nil, err
	}
	switch do, arg, _ := strings.Cut(o.Do, " "); do {
	case "fail":
		return nil, errors.New("as ordered")
	case "panic":
		panic("as ordered")
	case "exit":
		os.Exit(1)
	case "pid":
		return os.Getpid(), nil
	case "sleep":
		d, err := time.ParseDuration(arg)
		time.Sleep(d)
		return os.Getpid(), err
	case "large":
		n, err := strconv.Atoi(arg)
		return strings.Repeat("x", n), err
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{"left": time.Until(deadline), "arn": lc.InvokedFunctionArn, "id": lc.AwsRequestID, "env": os.Environ()}, nil
	}
	return answerEvent(payload)
}

func answerEvent(payload json.RawMessage) (any, error) {
	var event struct {
		RawPath         string `json:"rawPath"`
		Path            string `json:"path"`
		Body            string `json:"body"`
		IsBase64Encoded bool   `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	switch event.RawPath + event.Path {
	case "/envelope":
		if body, err := base64.StdEncoding.DecodeString(event.Body); event.IsBase64Encoded {
			return bytes.NewReader(body), err
		}
		return strings.NewReader(event.Body), nil
	case "/slow":
		time.Sleep(time.Minute)
	case "/late-stream":
		time.Sleep(30 * time.Millisecond)
		lines := strings.Repeat("a line\n", 100_000)
		return &events.LambdaFunctionURLStreamingResponse{Body: strings.NewReader(lines)}, nil
	case "/stream", "/broken":
		body, w := io.Pipe()
		go func() {
			_, _ = io.WriteString(w, "first\n")
			time.Sleep(20 * time.Millisecond)
			_, _ = io.WriteString(w, "second\n")
			if event.RawPath == "/broken" {
				_ = w.CloseWithError(errors.New("half way"))
			}
			_ = w.Close()
		}()
		return &events.LambdaFunctionURLStreamingResponse{
			StatusCode: 201, Headers: map[string]string{"Content-Type": "text/plain"}, Cookies: []string{"a=1", "b=2"}, Body: body,
		}, nil
	}
	return map[string]any{"statusCode": 200, "headers": map[string]string{"content-type": "application/json"}, "body": string(payload)}, nil
}

// start starts a Lambda of this binary.
func start(t *testing.T, o emulate.Options) *emulate.Lambda {
	t.Helper()
	var err error
	if o.Bootstrap, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	if o.Log == nil {
		o.Log = t.Output()
	}
	l, err := emulate.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Stop() }) // a second time for tests that look at its error
	return l
}

func invoke(t *testing.T, l *emulate.Lambda, do string) emulate.Result {
	t.Helper()
	r, err := l.Invoke(t.Context(), []byte(`{"do":"`+do+`"}`))
	if err != nil {
		t.Fatalf("%s: %v", do, err)
	}
	return r
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{Environments: 1})
	first := invoke(t, l, "pid")
	tests := []struct {
		do, kind, message string
		fresh             bool // the next invocation has a new process
	}{
		{do: "fail", kind: "errorString", message: "as ordered"},
		{do: "panic", kind: "string", message: "as ordered", fresh: true},
		{do: "exit", kind: "Runtime.ExitError", message: "exit status 1", fresh: true},
		{do: "large 6291554"}, // with its quotes the largest
		{do: "large 6291555", kind: "Function.ResponseSizeTooLarge", message: "6291556 bytes", fresh: true},
	}
	for _, tt := range tests {
		r := invoke(t, l, tt.do)
		if tt.kind == "" {
			if r.Error != nil {
				t.Errorf("%s: %v", tt.do, r.Error)
			}
			continue
		}
		if r.Error == nil || r.Error.Type != tt.kind || !strings.Contains(r.Error.Message, tt.message) {
			t.Errorf("%s: error %v, want %s: …%s…", tt.do, r.Error, tt.kind, tt.message)
		}
		if !strings.Contains(string(r.Payload), tt.kind) {
			t.Errorf("%s: the payload %.200s does not name %s", tt.do, r.Payload, tt.kind)
		}
		next := invoke(t, l, "pid")
		if fresh := string(next.Payload) != string(first.Payload); fresh != tt.fresh {
			t.Errorf("%s: a new process is %t, want %t", tt.do, fresh, tt.fresh)
		}
		first = next
	}
	if _, err := l.Invoke(t.Context(), make([]byte, emulate.MaxRequest+1)); !errors.Is(err, emulate.ErrTooLarge) {
		t.Errorf("a payload of more than 6 MB: %v, want ErrTooLarge", err)
	}
}

func TestInvokeTimeout(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{Timeout: 2 * time.Second})
	if r := invoke(t, l, "sleep 1m"); r.Error == nil || r.Error.Type != "Sandbox.Timedout" {
		t.Errorf("error %v, want Sandbox.Timedout", r.Error)
	}
	if r := invoke(t, l, "pid"); r.Error != nil {
		t.Errorf("after a timeout: %v", r.Error)
	}
}

func TestInvokeTellsWhatLambdaTells(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{Name: "api-hello", Timeout: time.Minute, Env: []string{"MINE=1", "AWS_REGION=mine"}})
	var got struct {
		Left    time.Duration
		ARN, ID string
		Env     []string
	}
	if err := json.Unmarshal(invoke(t, l, "context").Payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.Left <= 0 || got.Left > time.Minute {
		t.Errorf("%s are left, want almost a minute", got.Left)
	}
	if got.ARN != "arn:aws:lambda:us-east-1:123456789012:function:api-hello" || got.ID == "" {
		t.Errorf("arn %q, id %q", got.ARN, got.ID)
	}
	env := "\n" + strings.Join(got.Env, "\n") + "\n"
	for _, want := range []string{"MINE=1", "AWS_REGION=us-east-1", "AWS_LAMBDA_FUNCTION_NAME=api-hello"} {
		if !strings.Contains(env, "\n"+want+"\n") {
			t.Errorf("the environment lacks %s", want)
		}
	}
	if strings.Contains(env, "\nHOME=") {
		t.Error("the environment of this process was passed on")
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	if _, err := emulate.Start(t.Context(), emulate.Options{Bootstrap: t.TempDir()}); err == nil {
		t.Error("a folder was taken for a bootstrap")
	}
	l := start(t, emulate.Options{Env: []string{"START=exit"}})
	if r := invoke(t, l, "pid"); r.Error == nil || !strings.Contains(r.Error.Message, "exit status 3") {
		t.Errorf("error %v, want that it exited with status 3", r.Error)
	}
}

// TestEnvironments has invocations side by side: in environments of their own, in one
// that takes several, and more of them than there is room for.
func TestEnvironments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options emulate.Options
		calls   int
		starts  int
	}{
		{"one each", emulate.Options{Environments: 3}, 3, 3},
		{"many in one", emulate.Options{Environments: 1, MaxConcurrency: 4}, 4, 1},
		{"more than room", emulate.Options{Environments: 2}, 6, 2},
		{"frozen between", emulate.Options{Environments: 2, Freeze: true}, 6, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := start(t, tt.options)
			var calls sync.WaitGroup
			for range tt.calls {
				calls.Go(func() {
					r, err := l.Invoke(t.Context(), []byte(`{"do":"sleep 300ms"}`))
					if err != nil || r.Error != nil {
						t.Errorf("%v %v", err, r.Error)
					}
				})
			}
			calls.Wait()
			if got := l.Starts(); got > tt.starts {
				t.Errorf("%d environments were started, want %d at most", got, tt.starts)
			}
			if r := invoke(t, l, "pid"); r.Error != nil {
				t.Error(r.Error)
			}
			if got := l.Starts(); got > tt.starts {
				t.Errorf("an idle environment was not used again: %d starts", got)
			}
		})
	}
}

func TestInvokeGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{Environments: 1})
	invoke(t, l, "pid")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := l.Invoke(ctx, []byte(`{"do":"sleep 200ms"}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
	if r := invoke(t, l, "pid"); r.Error != nil || l.Starts() != 1 {
		t.Errorf("error %v after %d starts, want none after 1", r.Error, l.Starts())
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	for _, freeze := range []bool{false, true} {
		var log strings.Builder
		l := start(t, emulate.Options{Env: []string{"START=polite"}, Freeze: freeze, Log: &log})
		invoke(t, l, "pid")
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "polite to the end") {
			t.Errorf("freeze %t: it was not told of its end:\n%s", freeze, &log)
		}
		if _, err := l.Invoke(t.Context(), nil); !errors.Is(err, emulate.ErrStopped) {
			t.Errorf("after Stop: %v, want ErrStopped", err)
		}
	}
}

// TestOneAfterTheOther wants who calls at once after an answer to meet the same process.
func TestOneAfterTheOther(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{Freeze: true})
	for range 100 {
		invoke(t, l, "pid")
	}
	if got := l.Starts(); got != 1 {
		t.Errorf("%d environments were started, want 1", got)
	}
}

// TestStorm has processes panic, end, hang and answer side by side. No invocation may be
// without an outcome, and no place may be lost.
func TestStorm(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]emulate.Options{
		"one at a time":   {Environments: 3, Freeze: true},
		"several at once": {Environments: 2, MaxConcurrency: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Timeout = time.Second
			o.Log = io.Discard
			l := start(t, o)
			var calls sync.WaitGroup
			for i := range 120 {
				do := []string{"pid", "panic", "pid", "fail", "sleep 20ms", "exit", "pid", "sleep 5s"}[i%8]
				if i > 60 {
					do = "pid"
				}
				calls.Go(func() {
					r, err := l.Invoke(t.Context(), []byte(`{"do":"`+do+`"}`))
					if err != nil {
						t.Errorf("%s: %v", do, err)
					}
					if failing := do == "panic" || do == "fail" || do == "exit" || do == "sleep 5s"; failing && r.Error == nil {
						t.Errorf("%s: no error", do)
					}
				})
			}
			calls.Wait()
			// One that panicked has answered before it ends, and may have taken another
			// event by then. Soon there is none left of those.
			var failed atomic.Int64
			for range 100 {
				failed.Store(0)
				for range 10 { // as many as there are places, and more
					calls.Go(func() {
						r, err := l.Invoke(t.Context(), []byte(`{"do":"pid"}`))
						if err != nil {
							t.Errorf("after the storm: %v", err)
						}
						if r.Error != nil {
							failed.Add(1)
						}
					})
				}
				if calls.Wait(); failed.Load() == 0 {
					return
				}
			}
			t.Errorf("after the storm %d calls fail", failed.Load())
		})
	}
}
