package emulate

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// How much Lambda lets through, in bytes.
const (
	// MaxRequest is the largest payload of an invocation. [doc: Invoke,
	// RequestTooLargeException names this number]
	MaxRequest = 6 << 20
	// MaxResponse is the largest buffered answer: the error that Lambda reports
	// beyond it names this number. [doc: Function.ResponseSizeTooLarge]
	MaxResponse = 6<<20 + 100
	// MaxStream is the largest streamed answer. [doc: Response streaming]
	MaxStream = 200 << 20
)

// Where the function is said to be.
const (
	region  = "us-east-1"
	account = "123456789012"
)

// streamType is the content type of a streamed answer to an HTTP front door: a
// prelude with status and headers, 8 NUL bytes, then the body.
const streamType = "application/vnd.awslambda.http-integration-response"

// api returns the Runtime API and the part of the Extensions API that a function
// needs to be told of its end. [doc: Using the Lambda runtime API, Extensions API]
func (e *environment) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.serveResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.serveError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.serveInitError)
	mux.HandleFunc("POST /2020-01-01/extension/register", e.serveRegister)
	mux.HandleFunc("GET /2020-01-01/extension/event/next", e.serveEvent)
	return mux
}

// serveNext waits for an invocation and hands it over.
func (e *environment) serveNext(w http.ResponseWriter, r *http.Request) {
	e.next()
	select {
	case i := <-e.queue:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", e.lambda.arn())
		h.Set("Lambda-Runtime-Trace-Id", traceID()+";Parent="+hex(8)+";Sampled=0")
		_, _ = w.Write(i.payload) // if the process is gone, it will be noticed
	case <-r.Context().Done():
	}
}

// serveResponse takes an answer.
func (e *environment) serveResponse(w http.ResponseWriter, r *http.Request) {
	i := e.take(r.PathValue("id"))
	if i == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	if i.stream {
		e.passOn(i, r)
		accept(w)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse+1))
	answer := reply{contentType: r.Header.Get("Content-Type"), Result: Result{Payload: body, Streamed: isStream(r)}}
	if err != nil {
		answer = failed(&FunctionError{"Runtime.TruncatedResponse", err.Error()})
	} else if f := trailerError(r); f != nil {
		answer = failed(f)
	}
	if len(body) > MaxResponse {
		e.finish(i, failed(&FunctionError{"Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse)}))
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", MaxResponse))
		return
	}
	e.finish(i, answer)
	accept(w)
}

// passOn hands an answer on while it comes. When the caller is gone, the rest is
// read all the same: Lambda does not tell the function. [doc: Response streaming]
func (e *environment) passOn(i *invocation, r *http.Request) {
	out, in := io.Pipe()
	i.end(reply{contentType: r.Header.Get("Content-Type"), body: out, Result: Result{Streamed: isStream(r)}})
	body := io.LimitReader(r.Body, MaxStream+1)
	sent, err := io.Copy(in, body)
	if err != nil {
		_, _ = io.Copy(io.Discard, body)
	}
	failure := trailerError(r)
	switch {
	case sent > MaxStream:
		failure = &FunctionError{"Function.ResponseSizeTooLarge", fmt.Sprintf("the stream is longer than %d bytes", MaxStream)}
	case failure == nil && err != nil:
		failure = &FunctionError{"Runtime.TruncatedResponse", err.Error()}
	}
	e.finish(i, reply{}) // before the caller knows that it is over
	if failure != nil {
		_ = in.CloseWithError(failure) // never fails
		return
	}
	_ = in.Close()
}

// isStream reports whether the answer is meant as a stream. aws-lambda-go says so by
// the content type alone.
func isStream(r *http.Request) bool {
	return r.Header.Get("Lambda-Runtime-Function-Response-Mode") == "streaming" || r.Header.Get("Content-Type") == streamType
}

// trailerError returns the error that ended a stream, which stands behind it.
func trailerError(r *http.Request) *FunctionError {
	kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type")
	if kind == "" {
		return nil
	}
	f := &FunctionError{Type: kind}
	if body, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body")); err == nil {
		_ = json.Unmarshal(body, f) // what cannot be read stays unsaid
	}
	return f
}

// serveError takes the error that an invocation ended with.
func (e *environment) serveError(w http.ResponseWriter, r *http.Request) {
	i := e.take(r.PathValue("id"))
	if i == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	text, f := readError(r)
	reply := failed(f)
	if json.Valid(text) {
		reply.Payload = text // with the stack, as it is
	}
	e.finish(i, reply)
	accept(w)
}

// serveInitError takes the error that the start ended with.
func (e *environment) serveInitError(w http.ResponseWriter, r *http.Request) {
	_, f := readError(r)
	e.fail(f)
	accept(w)
}

func readError(r *http.Request) ([]byte, *FunctionError) {
	f := &FunctionError{Type: r.Header.Get("Lambda-Runtime-Function-Error-Type")}
	text, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse))
	if err == nil {
		err = json.Unmarshal(text, f)
	}
	if err != nil && f.Message == "" {
		f.Message = err.Error()
	}
	return text, f
}

// serveRegister takes an extension on: all it is for here is that Lambda sends
// SIGTERM before SIGKILL to a function that has one.
func (e *environment) serveRegister(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	e.sigterm = true
	e.mu.Unlock()
	w.Header().Set("Lambda-Extension-Identifier", uuid.NewString())
	_ = json.NewEncoder(w).Encode(map[string]string{
		"functionName": e.lambda.options.Name, "functionVersion": "$LATEST", "handler": "bootstrap",
	})
}

// serveEvent would hand an extension its events. The one that aws-lambda-go
// registers wants none.
func (e *environment) serveEvent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(FunctionError{kind, message})
}

func (l *Lambda) arn() string {
	return "arn:aws:lambda:" + region + ":" + account + ":function:" + l.options.Name
}

// traceID returns a new root in the form of X-Ray.
func traceID() string {
	return fmt.Sprintf("Root=1-%08x-%s", time.Now().Unix(), hex(12))
}

// hex returns n random bytes in hexadecimal digits, at most 16.
func hex(n int) string { return strings.ReplaceAll(uuid.NewString(), "-", "")[:2*n] }
