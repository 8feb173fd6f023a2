package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/lambda"
	"switchyard/router/internal/lambda/httpevent"
)

// prelude splits a streamed reply: its head is followed by eight zeros.
func prelude(t *testing.T, reply []byte) result {
	t.Helper()
	head, body, ok := bytes.Cut(reply, make([]byte, 8))
	if !ok {
		t.Fatalf("no prelude in %q", reply)
	}
	out := answered(t, head)
	out.Body = string(body)
	return out
}

// streamed returns the whole reply.
func streamed(t *testing.T, host *lambda.Host, event []byte) result {
	t.Helper()
	r, err := lambda.Stream(host, t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	defer closeBody(t, r)
	if _, err := json.Marshal(r); err == nil {
		t.Error("aws-lambda-go would encode the reply")
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return prelude(t, b)
}

func closeBody(t *testing.T, r io.Reader) {
	t.Helper()
	if c, ok := r.(io.Closer); ok {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// read reads n bytes of r.
func read(t *testing.T, r io.Reader, n int) string {
	t.Helper()
	b := make([]byte, n)
	n, err := io.ReadFull(r, b)
	if err != nil {
		t.Fatalf("%v after %q", err, b[:n])
	}
	return string(b)
}

// skipPrelude reads r up to its body.
func skipPrelude(t *testing.T, r io.Reader) string {
	t.Helper()
	var head strings.Builder
	for !strings.HasSuffix(head.String(), strings.Repeat("\x00", 8)) {
		head.WriteString(read(t, r, 1))
	}
	return head.String()
}

// TestStream wants what is flushed to arrive while the handler goes on, with the
// header that stood then.
func TestStream(t *testing.T) {
	t.Parallel()
	next := make(chan string)
	host := lambda.New(lambda.Config{Stream: true, HTTP: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "not yet ")
		for s := range next {
			fmt.Fprint(w, s)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			w.Header().Set("X-Late", "not sent")
		}
	})})
	for _, f := range fronts()[:2] {
		go func() { next <- "one" }()
		r, err := lambda.Stream(host, t.Context(), f.event(t, request{target: "/"}))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := r.(interface{ ContentType() string }).ContentType(), "application/vnd.awslambda.http-integration-response"; got != want {
			t.Errorf("%s: content type %q, want %q", f.name, got, want)
		}
		if head := skipPrelude(t, r); !strings.Contains(head, "text/event-stream") || strings.Contains(head, "X-Late") {
			t.Errorf("%s: head %s", f.name, head)
		}
		if got := read(t, r, 11); got != "not yet one" {
			t.Errorf("%s: %q", f.name, got)
		}
		next <- "two"
		if got := read(t, r, 3); got != "two" {
			t.Errorf("%s: %q", f.name, got)
		}
		close(next)
		if rest, err := io.ReadAll(r); len(rest) != 0 || err != nil {
			t.Errorf("%s: the end is %q, %v", f.name, rest, err)
		}
		closeBody(t, r)
		next = make(chan string)
	}
}

// TestStreamSmall wants an answer that is whole before it begins to say its length.
func TestStreamSmall(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{Stream: true, HTTP: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "small")
	})})
	got := streamed(t, host, v2Event(t, request{target: "/"}))
	if got.Body != "small" || got.Header.Get("Content-Length") != "5" {
		t.Errorf("%+v", got)
	}
}

// TestStreamBreaks wants a stream whose handler panics to end in an error, not in
// the end of a whole answer, and the next event to be handled as ever.
func TestStreamBreaks(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{"panic": errors.New("bug"), "abort": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := lambda.New(lambda.Config{Stream: true, HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "the beginning")
				_ = http.NewResponseController(w).Flush()
				if r.URL.Path == "/break" {
					panic(v)
				}
			})})
			r, err := lambda.Stream(host, t.Context(), v2Event(t, request{target: "/break"}))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			var abort *httpevent.AbortError
			if !errors.As(err, &abort) || !bytes.HasSuffix(b, []byte("the beginning")) {
				t.Errorf("%q, %v", b, err)
			}
			closeBody(t, r)
			if got := streamed(t, host, v2Event(t, request{target: "/"})).Body; got != "the beginning" {
				t.Errorf("the next answer is %q", got)
			}
		})
	}
}

// TestStreamPanicsFirst wants a panic before the answer to be answered.
func TestStreamPanicsFirst(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{Stream: true, HTTP: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		panic("bug")
	})})
	if got := streamed(t, host, v1Event(t, request{target: "/"})); got.Status != 500 {
		t.Errorf("%+v", got)
	}
	if _, err := lambda.Stream(host, t.Context(), v1Event(t, request{target: "/abort"})); err == nil {
		t.Error("an aborted answer is a reply")
	}
}

// TestStreamReaderGone wants a handler to notice that nobody reads, and the next
// event to wait until it has returned.
func TestStreamReaderGone(t *testing.T) {
	t.Parallel()
	returned := make(chan error, 1)
	host := lambda.New(lambda.Config{Stream: true, HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		for err == nil {
			_, err = fmt.Fprintf(w, "%4096d", 1)
		}
		<-r.Context().Done()
		returned <- err
	})})
	r, err := lambda.Stream(host, t.Context(), v2Event(t, request{target: "/"}))
	if err != nil {
		t.Fatal(err)
	}
	read(t, r, 10_000)
	closeBody(t, r)
	select {
	case err := <-returned:
		if err == nil {
			t.Error("writes went well")
		}
	default:
		t.Error("Close did not wait for the handler")
	}
}

// TestStreamDeadline wants a stream that nobody reads to break off before Lambda
// kills the process.
func TestStreamDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := contextWithin(t, time.Second)
	defer cancel()
	returned := make(chan error, 1)
	host := lambda.New(lambda.Config{Stream: true, HTTP: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for err == nil {
			_, err = fmt.Fprintf(w, "%4096d", 1)
		}
		returned <- err
	})})
	r, err := lambda.Stream(host, ctx, v2Event(t, request{target: "/"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := <-returned; err == nil {
		t.Error("writes went well")
	}
	if _, err := io.ReadAll(r); err == nil {
		t.Error("the stream ended as if it were whole")
	}
	closeBody(t, r)
}

// TestWriteDeadline wants a handler to be able to bound how long it waits for its
// reader, as on a connection, and a buffered answer not to know of it.
func TestWriteDeadline(t *testing.T) {
	t.Parallel()
	returned := make(chan error, 2)
	host := lambda.New(lambda.Config{Stream: true, HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(time.Now()), c.SetWriteDeadline(time.Now().Add(time.Hour)), c.SetWriteDeadline(time.Now())); err != nil {
			t.Error(err)
		}
		var err error
		for n := 0; err == nil && n < 100; n++ {
			_, err = fmt.Fprintf(w, "%4096d", 1)
		}
		returned <- err
	})})
	r, err := lambda.Stream(host, t.Context(), v2Event(t, request{target: "/"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := <-returned; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("writing to nobody: %v", err)
	}
	closeBody(t, r)
	if _, err := host.Invoke(t.Context(), v2Event(t, request{target: "/"})); err != nil || <-returned != nil {
		t.Errorf("buffered: %v", err)
	}
}

// TestStreamTrack wants what has to be done before the reply to be done before the end
// of a stream.
func TestStreamTrack(t *testing.T) {
	t.Parallel()
	flushed := false
	host := lambda.New(lambda.Config{
		Stream: true, HTTP: handler(),
		Track: []func() func(context.Context) error{func() func(context.Context) error {
			return func(context.Context) error { flushed = true; return nil }
		}},
	})
	if streamed(t, host, v2Event(t, request{target: "/big"})); !flushed {
		t.Error("the stream has ended before")
	}
}

// TestStreamElsewhere wants what takes no stream to get a document.
func TestStreamElsewhere(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{Stream: true, HTTP: handler()})
	api := bytes.ReplaceAll(v2Event(t, request{target: "/text"}), []byte("abc.lambda-url.eu-central-1.on.aws"), []byte("abc.execute-api.eu-central-1.amazonaws.com"))
	for name, event := range map[string][]byte{"alb": albEvent(t, request{target: "/text"}), "http api": api} {
		r, err := lambda.Stream(host, t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(r); err == nil {
			t.Errorf("%s: aws-lambda-go would encode the reply", name)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := answered(t, b); got.Status != 200 || !strings.Contains(got.Body, "Grüße") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
