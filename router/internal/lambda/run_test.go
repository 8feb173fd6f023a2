package lambda_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/lambda"
)

// TestMain is the program of a Lambda if the test has started itself as one.
func TestMain(m *testing.M) {
	mode := os.Getenv("LAMBDA_TEST")
	if mode == "" {
		os.Exit(m.Run())
	}
	host := lambda.New(lambda.Config{HTTP: program(), Stream: mode == "stream", NeedsSIGTERM: true})
	if err := host.Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("stopped")
	os.Exit(0)
}

// program is what the Lambda of the tests serves.
func program() http.Handler {
	var meeting sync.WaitGroup
	meeting.Add(3)
	mux := http.NewServeMux()
	mux.HandleFunc("/meet", func(w http.ResponseWriter, r *http.Request) { // answers when three are here
		meeting.Done()
		meeting.Wait()
		fmt.Fprint(w, r.URL.RawQuery)
	})
	mux.HandleFunc("/break", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "the beginning")
		_ = http.NewResponseController(w).Flush()
		panic("bug")
	})
	mux.HandleFunc("/last", func(w http.ResponseWriter, _ *http.Request) { // answers when the process is to end
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGTERM)
		fmt.Fprint(os.Stderr, "waiting")
		<-end
		fmt.Fprint(w, "the last")
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("bug") })
	mux.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	return mux
}

// api is a Runtime API with one Lambda.
type api struct {
	t       *testing.T
	events  chan []byte
	replies chan posted
	cmd     *exec.Cmd
	out     output
	waiting chan struct{} // closed when the program says that it waits
}

// output is what the Lambda prints.
type output struct {
	all bytes.Buffer
	a   *api
}

// String returns all of it.
func (o *output) String() string { return o.all.String() }

// Write is called by one goroutine.
func (o *output) Write(p []byte) (int, error) {
	if string(p) == "waiting" {
		close(o.a.waiting)
	}
	return o.all.Write(p)
}

// posted is what the Lambda said of an event.
type posted struct {
	kind, contentType, body string
	trailer                 http.Header
}

// start starts the test's own program as a Lambda.
func start(t *testing.T, env ...string) *api {
	t.Helper()
	a := &api{t: t, events: make(chan []byte), replies: make(chan posted, 16), waiting: make(chan struct{})}
	a.out.a = a
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.cmd = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	a.cmd.Env = append(os.Environ(), append(env, "AWS_LAMBDA_RUNTIME_API="+server.Listener.Addr().String())...)
	a.cmd.Stdout, a.cmd.Stderr = &a.out, &a.out
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return a
}

// stop sends SIGTERM and wants a good end.
func (a *api) stop() {
	a.t.Helper()
	if err := a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		a.t.Fatal(err)
	}
	if err := a.cmd.Wait(); err != nil || !strings.Contains(a.out.String(), "stopped") {
		a.t.Errorf("after SIGTERM: %v\n%s", err, &a.out)
	}
}

// invoke sends an event and returns what the Lambda said.
func (a *api) invoke(event []byte) posted {
	a.t.Helper()
	a.send(event)
	return a.reply()
}

func (a *api) send(event []byte) {
	a.t.Helper()
	select {
	case a.events <- event:
	case <-time.After(await.Patience):
		a.t.Fatalf("the Lambda does not ask for an event\n%s", &a.out)
	}
}

func (a *api) reply() posted {
	a.t.Helper()
	select {
	case p := <-a.replies:
		return p
	case <-time.After(await.Patience):
		a.t.Fatalf("the Lambda does not reply\n%s", &a.out)
		return posted{}
	}
}

// ServeHTTP is the API.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, call, _ := strings.Cut(r.URL.Path[1:], "/")
	switch call {
	case "extension/register":
		w.Header().Set("Lambda-Extension-Identifier", "x")
	case "extension/event/next":
		<-r.Context().Done()
	case "runtime/invocation/next":
		select {
		case event := <-a.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "aws-1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(await.Patience).UnixMilli(), 10))
			_, _ = w.Write(event)
		case <-r.Context().Done():
		}
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			a.t.Error(err)
		}
		a.replies <- posted{call[strings.LastIndexByte(call, '/')+1:], r.Header.Get("Content-Type"), string(body), r.Trailer}
		w.WriteHeader(http.StatusAccepted)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	a := start(t, "LAMBDA_TEST=buffer")
	for range 2 {
		if p := a.invoke(v2Event(t, request{target: "/panic"})); p.kind != "response" || answered(t, []byte(p.body)).Status != 500 {
			t.Errorf("a panic: %+v", p)
		}
		if p := a.invoke(v2Event(t, request{target: "/break"})); p.kind != "error" || !strings.Contains(p.body, "broke off") {
			t.Errorf("an answer that breaks off: %+v", p)
		}
		if p := a.invoke([]byte(`{"a":1}`)); p.kind != "error" || !strings.Contains(p.body, `"errorType":"UnknownEventError"`) {
			t.Errorf("an unknown event: %+v", p)
		}
		if p := a.invoke(albEvent(t, request{target: "/hello"})); answered(t, []byte(p.body)).Body != "hello" {
			t.Errorf("%+v", p)
		}
	}
	a.stop()
}

func TestRunStream(t *testing.T) {
	t.Parallel()
	a := start(t, "LAMBDA_TEST=stream")
	p := a.invoke(v2Event(t, request{target: "/hello"}))
	if got := prelude(t, []byte(p.body)); got.Body != "hello" || p.contentType != "application/vnd.awslambda.http-integration-response" {
		t.Errorf("%+v", p)
	}
	p = a.invoke(v2Event(t, request{target: "/break"}))
	cause, _ := base64.StdEncoding.DecodeString(p.trailer.Get("Lambda-Runtime-Function-Error-Body"))
	if p.trailer.Get("Lambda-Runtime-Function-Error-Type") != "AbortError" || !strings.Contains(string(cause), "bug") {
		t.Errorf("an answer that breaks off: %+v", p)
	}
	if p := a.invoke(albEvent(t, request{target: "/hello"})); p.contentType != "application/json" || answered(t, []byte(p.body)).Body != "hello" {
		t.Errorf("%+v", p)
	}
	a.stop()
}

// TestRunDrains wants an event that is being handled at SIGTERM to be answered.
func TestRunDrains(t *testing.T) {
	t.Parallel()
	a := start(t, "LAMBDA_TEST=buffer")
	a.send(v2Event(t, request{target: "/last"}))
	select {
	case <-a.waiting:
	case <-time.After(await.Patience):
		t.Fatal("the event does not arrive")
	}
	a.stop()
	if p := a.reply(); answered(t, []byte(p.body)).Body != "the last" {
		t.Errorf("%+v", p)
	}
}

// TestRunConcurrently wants events to be handled at the same time where Lambda sends
// them so.
func TestRunConcurrently(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"buffer", "stream"} {
		a := start(t, "LAMBDA_TEST="+mode, "AWS_LAMBDA_MAX_CONCURRENCY=3")
		for _, query := range []string{"1", "2", "3"} {
			a.send(v1Event(t, request{target: "/meet?" + query}))
		}
		for range 3 {
			if p := a.reply(); p.kind != "response" {
				t.Errorf("%s: %+v", mode, p)
			}
		}
		a.stop()
	}
}
