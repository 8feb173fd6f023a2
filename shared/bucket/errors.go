package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"switchyard/shared/fault"
)

// failure says what did not work, as a fault where the caller can do something
// about it: there is no such object, or the store does not answer.
func failure(attempt, what string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("bucket: %s %s: %w", attempt, what, err)
	switch {
	case isNotFound(err):
		return fault.New(fault.NotFound, "There is no such object.").Because(cause)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return cause
	case isUnavailable(err):
		return fault.New(fault.Unavailable, "The file store does not answer at the moment. Try again soon.").Because(cause)
	}
	return cause
}

// isNotFound reports whether the store said that the object, or the upload, is missing; a
// missing bucket is a mistake in the configuration, and something else.
func isNotFound(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains([]string{"NoSuchKey", "NotFound", "NoSuchUpload"}, api.ErrorCode())
}

// isUnavailable reports whether the store gave no answer, or one that says try
// again.
func isUnavailable(err error) bool {
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status := response.HTTPStatusCode() // 0 if there was no answer
		return status == 0 || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
	}
	_, answered := errors.AsType[smithy.APIError](err)
	return !answered
}

// stream is the body of an object, whose read errors are faults too.
type stream struct {
	body io.ReadCloser
	key  string
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = failure("read", s.key, err)
	}
	return n, err
}

// Close implements io.Closer.
func (s *stream) Close() error { return s.body.Close() }
