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

// problemsOnce makes huma document its findings as problems. huma can be told only
// through a variable of its package; the Once keeps a second API, built while
// the first one serves, from writing what the first one reads.
var problemsOnce = sync.OnceFunc(func() { //nolint:gochecknoglobals // guards huma's own globals
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		return answer.New(status, fault.Invalid, http.StatusText(status))
	}
})

// found returns the problem of a request with these issues.
func found(status int, issues []fault.Issue) *answer.Problem {
	detail := http.StatusText(status)
	switch status {
	case http.StatusBadRequest:
		detail = "The request's body is not valid JSON."
	case http.StatusUnprocessableEntity:
		detail = "The request is not what this endpoint expects; errors says where."
	}
	p := answer.New(status, fault.Invalid, detail)
	p.Errors = issues
	return p
}

// issue returns what err may tell the caller. What huma quotes of the input
// stands in Value, or in the message behind a colon.
func issue(err error) fault.Issue {
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return fault.Issue{Message: "is not valid"}
	}
	detail := d.ErrorDetail()
	message, _, _ := strings.Cut(detail.Message, ": ")
	return fault.Issue{Message: message, Location: detail.Location}
}
