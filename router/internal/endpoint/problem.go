package endpoint

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

// problemsOnce makes huma report its findings as problems. huma can be told only
// through variables of its package; the Once keeps a second API, built while
// the first one serves, from writing what the first one reads.
var problemsOnce = sync.OnceFunc(func() { //nolint:gochecknoglobals // guards huma's own globals
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return finding(status, 0, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return answer.For(ctx.Context(), finding(status, ctx.Operation().MaxBodyBytes-1, errs))
	}
})

// finding returns the problem for what huma found: a status and errors that may
// quote the input. limit is the body's, in bytes.
func finding(status int, limit int64, errs []error) *answer.Problem {
	cause := errors.Join(errs...)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(cause, &tooLarge):
		return answer.Of(tooLarge)
	case status == http.StatusRequestEntityTooLarge:
		return answer.Of(&http.MaxBytesError{Limit: limit})
	case status == http.StatusInternalServerError: // all that is left: the body broke off
		return answer.New(http.StatusBadRequest, fault.Invalid, "The request's body could not be read.").Because(cause)
	case status == http.StatusRequestTimeout:
		return answer.New(status, fault.Timeout, "The request's body did not arrive in time.")
	}
	p := answer.New(status, fault.Invalid, detail(status, len(errs) == 0))
	for _, err := range errs {
		p.Errors = append(p.Errors, issue(err))
	}
	return p
}

func detail(status int, bare bool) string {
	switch status {
	case http.StatusBadRequest:
		if bare {
			return "This needs a request body."
		}
		return "The request's body is not valid JSON."
	case http.StatusUnsupportedMediaType:
		return "The request's body has to be application/json."
	case http.StatusUnprocessableEntity:
		return "The request is not what this endpoint expects; errors says where."
	}
	return http.StatusText(status)
}

// issue returns what err may tell the caller. What huma quotes of the input
// stands in Value, or in the message behind a colon.
func issue(err error) answer.Issue {
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return answer.Issue{Message: "is not valid"}
	}
	detail := d.ErrorDetail()
	if location, ok := whereZero(detail.Message); ok && detail.Location == "body" {
		return answer.Issue{Message: zeroByte, Location: location}
	}
	message, _, _ := strings.Cut(detail.Message, ": ")
	if detail.Location == "body" && !ours(message) {
		message = "does not have the expected form" // of encoding/json, or of a type's own decoder
	}
	return answer.Issue{Message: message, Location: detail.Location}
}

// ours reports whether a message about a whole body is known to quote no more
// than a character of it.
func ours(message string) bool {
	for _, prefix := range []string{"expected ", "unexpected ", "invalid character ", "unknown content type"} {
		if strings.HasPrefix(message, prefix) {
			return true
		}
	}
	return false
}
