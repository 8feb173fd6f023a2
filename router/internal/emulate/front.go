package emulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Front returns the front door of that kind before l.
func (l *Lambda) Front(k Kind) http.Handler { return &front{lambda: l, door: k.door()} }

type front struct {
	door
	lambda *Lambda
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r, id: uuid.NewString(), trace: traceID(), now: time.Now()}
	if !strings.HasPrefix(f.name, "alb") { // a load balancer does not tell
		w.Header().Set(requestIDHeader(f.name), c.id)
	}
	var err error
	c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, int64(f.maxBody)))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		f.send(w, &f.large)
		return
	} else if err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	event, err := f.event(c)
	if no := (*refusal)(nil); errors.As(err, &no) {
		f.send(w, &no.answer)
		return
	}
	payload, err := json.Marshal(event)
	if err != nil { // cannot be: it is made of strings and numbers
		panic(err)
	}
	f.call(w, r, payload)
}

// call invokes the function and answers with what it says.
func (f *front) call(w http.ResponseWriter, r *http.Request, payload []byte) {
	ctx := r.Context()
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.timeout)
		defer cancel()
	}
	reply, err := f.lambda.invoke(ctx, &invocation{payload: payload, stream: f.stream})
	switch {
	case errors.Is(err, ErrTooLarge):
		f.send(w, &f.large)
	case errors.Is(err, context.DeadlineExceeded):
		f.send(w, &f.late)
	case err != nil && r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // the client is gone
	case err != nil:
		f.fail(w, err)
	case reply.Error != nil:
		f.fail(w, reply.Error)
	case reply.body != nil:
		f.passOn(w, reply)
	default:
		f.reply(w, reply)
	}
}

// reply answers with a whole answer of the function.
func (f *front) reply(w http.ResponseWriter, r reply) {
	if r.Streamed {
		f.fail(w, errors.New("the function streams, and this front door does not"))
		return
	}
	if f.maxBack > 0 && len(r.Payload) > f.maxBack {
		f.fail(w, errors.New("the answer is larger than the front door lets through"))
		return
	}
	e, err := open(r.Payload)
	if err != nil {
		f.fail(w, err)
		return
	}
	a, err := f.answer(e)
	if err != nil {
		f.fail(w, err)
		return
	}
	f.send(w, a)
}

// passOn answers with what the function writes, while it writes. An answer that is no
// stream is sent as it is, envelope and all, by a Function URL. [voker,
// examples/runtime-probe] When the function breaks off, so does the answer.
func (f *front) passOn(w http.ResponseWriter, r reply) {
	defer r.body.Close()
	body := bufio.NewReader(r.body)
	a := &answer{status: http.StatusOK, header: http.Header{}}
	if r.contentType == streamType {
		e, err := readPrelude(body)
		if err == nil {
			a, err = e.streamed()
		}
		if err != nil {
			f.fail(w, err)
			return
		}
	}
	a.write(w, f.typ)
	if err := http.NewResponseController(w).Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
	if err := copyFlushing(w, body); err != nil {
		f.say(err)
		panic(http.ErrAbortHandler)
	}
}

// send answers with a.
func (f *front) send(w http.ResponseWriter, a *answer) {
	if bodyAllowed(a.status) {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	a.write(w, f.typ)
	if bodyAllowed(a.status) {
		_, _ = w.Write(a.body) // a client that does not listen cannot be told
	}
}

// fail answers as AWS does when the function failed, which the log alone is told.
func (f *front) fail(w http.ResponseWriter, err error) {
	f.say(err)
	f.send(w, &f.failed)
}

func (f *front) say(err error) {
	_, _ = io.WriteString(f.lambda.options.Log, f.name+": "+err.Error()+"\n") // nothing depends on it
}

// bodyAllowed reports whether an answer of that status has a body.
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
