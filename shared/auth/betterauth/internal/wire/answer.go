package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// Redirect is the answer 302 to a URL.
type Redirect string

// Error is an error that the contract knows. It is answered as JSON, with the
// message and the code as far as there are any; without both, with no body.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Error returns the code or the message.
func (e *Error) Error() string {
	if e.Code != "" {
		return e.Code
	}
	return e.Message
}

// Fail returns an *Error.
func Fail(status int, code, message string) error {
	return &Error{Status: status, Code: code, Message: message}
}

// Answer writes what the handler of c returned.
func Answer(ctx context.Context, w http.ResponseWriter, c *Call, v any) {
	maps.Copy(w.Header(), c.Header)
	if target, ok := v.(Redirect); ok {
		w.Header().Set("Location", string(target))
		write(w, http.StatusFound, nil)
		return
	}
	body, err := encode(v)
	if err != nil {
		Refuse(ctx, w, c, err)
		return
	}
	write(w, http.StatusOK, body)
}

// Refuse writes the answer to err, which came of c. One that is no *Error is
// reported to the host: fault.Unavailable becomes 503, fault.Invalid 400, and all
// else an empty 500.
func Refuse(ctx context.Context, w http.ResponseWriter, c *Call, err error) {
	if known, ok := errors.AsType[*Error](err); ok {
		maps.Copy(w.Header(), c.Header)
		known.write(w)
		return
	}
	fn.Report(ctx, err)
	if errors.Is(err, context.DeadlineExceeded) && !fault.Is(err, fault.Unavailable) {
		err = fault.New(fault.Unavailable, "This took too long. Try again in a moment.").Because(err)
	}
	f := fault.Of(err)
	switch {
	case fault.Is(err, fault.Unavailable):
		w.Header().Set("Retry-After", retryAfter(err))
		(&Error{http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", f.Message}).write(w)
	case fault.Is(err, fault.Invalid):
		(&Error{http.StatusBadRequest, "VALIDATION_ERROR", f.Message}).write(w)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// retryAfter returns when to try again after err, in seconds; 1 if it does not say.
func retryAfter(err error) string {
	after := time.Second
	if retry, ok := errors.AsType[*fault.RetryAfterError](err); ok {
		after = max(after, retry.After)
	}
	return strconv.Itoa(int(math.Ceil(after.Seconds())))
}

func (e *Error) write(w http.ResponseWriter) {
	var body []byte
	if e.Code != "" || e.Message != "" {
		body, _ = encode(e) // two strings
	}
	write(w, e.Status, body)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// encode returns v as JSON that is as short as JavaScript's.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
