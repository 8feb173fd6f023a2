// Package fault is the one shape of an error that reaches a caller: a kind that
// decides the status, a message the public may read, and a private cause that
// only the log sees.
//
// An error that is no [Error] counts as [Internal], and its text stays private.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Kind says what went wrong, in terms a host can translate: into an HTTP
// status, or into the decision whether a job is tried again.
type Kind int

// The kinds. The zero value is Internal: an error nobody classified.
const (
	Internal     Kind = iota // a fault of ours; the caller learns nothing more
	Invalid                  // the input can never be accepted as it is
	Unauthorized             // nobody is signed in
	Forbidden                // somebody is, but may not do this
	NotFound                 // there is no such thing, or not for this caller
	Conflict                 // the thing is not in a state that allows this
	TooLarge                 // the input is over a limit
	TooMany                  // too many requests from this caller
	Unavailable              // a part we depend on does not answer; worth trying again
	Timeout                  // it took longer than the function allows itself
)

// String returns the kind as it is logged.
func (k Kind) String() string {
	names := [...]string{
		"internal", "invalid", "unauthorized", "forbidden", "not_found",
		"conflict", "too_large", "too_many", "unavailable", "timeout",
	}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind(%d)", int(k))
	}
	return names[k]
}

// Status returns the HTTP status of an answer that tells of a fault of this kind.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return http.StatusBadRequest
	case Unauthorized:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case TooMany:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	case Timeout:
		return http.StatusGatewayTimeout
	case Internal:
	}
	return http.StatusInternalServerError
}

// Error is an error with a public half and a private half.
type Error struct {
	Kind    Kind
	Message string // for the caller: what is wrong and what to do next
	Issues  []Issue
	Err     error // for the log; may be nil, and is never shown
}

// Issue is what is wrong with one part of the input. It never repeats the part,
// which may be a secret.
type Issue struct {
	Message  string `json:"message" doc:"What is wrong." example:"expected string"`
	Location string `json:"location,omitempty" doc:"Where it is." example:"body.name"` // or "header.ce-type"
}

// New returns an Error whose public message is formatted from args. Put nothing
// private into them; add causes with [Error.Because].
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Because returns a copy of e with cause as its private half.
func (e *Error) Because(cause error) *Error {
	return &Error{Kind: e.Kind, Message: e.Message, Issues: e.Issues, Err: cause}
}

// In returns a copy of e that says which parts of the input are at fault.
func (e *Error) In(issues ...Issue) *Error {
	return &Error{Kind: e.Kind, Message: e.Message, Issues: issues, Err: e.Err}
}

// Error returns both halves, for logs.
func (e *Error) Error() string {
	parts := []string{e.Message}
	for _, i := range e.Issues {
		parts = append(parts, i.Location+": "+i.Message)
	}
	text := strings.Join(parts, "; ")
	if e.Err == nil {
		return text
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the outermost Error in err's chain, or an Internal one that hides
// err behind a general message. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Message: "Something went wrong on our side.", Err: err}
}

// Is reports whether err carries a fault of this kind.
func Is(err error, kind Kind) bool { return err != nil && Of(err).Kind == kind }

// PermanentError tells a durable host not to try again.
type PermanentError struct{ Err error }

// Permanent marks err as hopeless: a job that returns it, or whose step does,
// is not retried.
func Permanent(err error) error { return &PermanentError{Err: err} }

// Error returns the cause's text.
func (e *PermanentError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

// RetryAfterError tells a durable host when to try again.
type RetryAfterError struct {
	Err   error
	After time.Duration
}

// RetryAfter marks err as worth another try, but not before d has passed. Hosts
// round d to whole seconds.
func RetryAfter(d time.Duration, err error) error { return &RetryAfterError{Err: err, After: d} }

// Error returns the cause's text.
func (e *RetryAfterError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RetryAfterError) Unwrap() error { return e.Err }
