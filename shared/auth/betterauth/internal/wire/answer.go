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
	Status  int           `json:"-"`
	Code    string        `json:"code,omitempty"`    // "INVALID_EMAIL_OR_PASSWORD"
	Message string        `json:"message,omitempty"` // for people
	Retry   time.Duration `json:"-"`                 // of 429: after which to try again
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

// Fault returns err, which came of a call, as hosts and pages understand it. An *Error
// is its cause; what else may be told is what [Refuse] tells.
func Fault(err error) error {
	known, ok := errors.AsType[*Error](err)
	if !ok {
		return classify(err)
	}
	f := fault.New(kind(known.Status), "%s", known.Message).Because(known)
	if known.Retry > 0 {
		return fault.RetryAfter(known.Retry, f)
	}
	return f
}

// kind returns the kind of an error with this status.
func kind(status int) fault.Kind {
	k, ok := map[int]fault.Kind{
		http.StatusUnauthorized:          fault.Unauthorized,
		http.StatusForbidden:             fault.Forbidden,
		http.StatusNotFound:              fault.NotFound,
		http.StatusConflict:              fault.Conflict,
		http.StatusRequestEntityTooLarge: fault.TooLarge,
		http.StatusTooManyRequests:       fault.TooMany,
	}[status]
	switch {
	case ok:
		return k
	case status < http.StatusInternalServerError:
		return fault.Invalid
	}
	return fault.Internal
}

// classify returns an error that is no *Error as a fault that is Unavailable, and says
// when to try again; Invalid; or Internal.
func classify(err error) error {
	if errors.Is(err, context.DeadlineExceeded) && !fault.Is(err, fault.Unavailable) {
		err = fault.New(fault.Unavailable, "This took too long. Try again in a moment.").Because(err)
	}
	switch {
	case fault.Is(err, fault.Unavailable):
		return fault.RetryAfter(retryAfter(err), err)
	case fault.Is(err, fault.Invalid):
		return err
	}
	return fault.New(fault.Internal, "Something went wrong on our side.").Because(err)
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
		if known.Retry > 0 {
			w.Header().Set("X-Retry-After", seconds(known.Retry))
		}
		known.write(w)
		return
	}
	fn.Report(ctx, err)
	err = classify(err)
	switch f := fault.Of(err); f.Kind { //nolint:exhaustive // classify knows no others
	case fault.Unavailable:
		w.Header().Set("Retry-After", seconds(retryAfter(err)))
		(&Error{Status: http.StatusServiceUnavailable, Code: "SERVICE_UNAVAILABLE", Message: f.Message}).write(w)
	case fault.Invalid:
		(&Error{Status: http.StatusBadRequest, Code: "VALIDATION_ERROR", Message: f.Message}).write(w)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// retryAfter returns when to try again after err; in a second if it does not say.
func retryAfter(err error) time.Duration {
	if retry, ok := errors.AsType[*fault.RetryAfterError](err); ok {
		return max(time.Second, retry.After)
	}
	return time.Second
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

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
