package answer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

var errSecret = errors.New("password hunter2")

func TestWrite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		detail string
		kind   fault.Kind
		header map[string]string
	}{
		{"unclassified", errSecret, 500, "Something went wrong on our side.", fault.Internal, nil},
		{"invalid", fault.New(fault.Invalid, "Bad cursor."), 400, "Bad cursor.", fault.Invalid, nil},
		{"wrapped", fmt.Errorf("list: %w", fault.New(fault.NotFound, "No such file.").Because(errSecret)), 404, "No such file.", fault.NotFound, nil},
		{"unauthorized", fault.New(fault.Unauthorized, "Sign in."), 401, "Sign in.", fault.Unauthorized, map[string]string{"WWW-Authenticate": "Bearer"}},
		{"forbidden", fault.New(fault.Forbidden, "No."), 403, "No.", fault.Forbidden, nil},
		{"conflict", fault.New(fault.Conflict, "Done already."), 409, "Done already.", fault.Conflict, nil},
		{"too large", fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 7}), 413, "The request's body is over the limit of 7 bytes.", fault.TooLarge, nil},
		{"too many", fault.RetryAfter(1500*time.Millisecond, fault.New(fault.TooMany, "Slow down.")), 429, "Slow down.", fault.TooMany, map[string]string{"Retry-After": "2"}},
		{"unavailable", fault.New(fault.Unavailable, "Try again.").Because(errSecret), 503, "Try again.", fault.Unavailable, map[string]string{"Retry-After": "1"}},
		{"deadline", fmt.Errorf("query: %w", context.DeadlineExceeded), 504, "This took too long. Try again later.", fault.Timeout, nil},
		{"kind before deadline", fault.New(fault.Unavailable, "Try again.").Because(context.DeadlineExceeded), 503, "Try again.", fault.Unavailable, nil},
		{"canceled by the function itself", context.Canceled, 500, "Something went wrong on our side.", fault.Internal, nil},
		{"problem", fmt.Errorf("x: %w", answer.New(418, fault.Invalid, "Tea.")), 418, "Tea.", fault.Invalid, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			call := &answer.Call{RequestID: "r-1"}
			r := httptest.NewRequestWithContext(answer.With(t.Context(), call), http.MethodGet, "/", nil)
			w := httptest.NewRecorder()
			answer.Write(w, r, tt.err)

			if strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("the answer shows the private cause: %s", w.Body)
			}
			var got map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v in %s", err, w.Body)
			}
			want := map[string]any{
				"type": "about:blank", "title": http.StatusText(tt.status), "status": float64(tt.status),
				"detail": tt.detail, "requestId": "r-1",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
			if w.Code != tt.status {
				t.Errorf("status = %d, want %d", w.Code, tt.status)
			}
			if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type = %q", got)
			}
			for name, want := range tt.header {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if call.Problem == nil || call.Problem.Kind() != tt.kind {
				t.Errorf("the call does not know the kind: %+v", call.Problem)
			}
		})
	}
}

// Where a function finds the fault of its input is shown as where huma does.
func TestIssues(t *testing.T) {
	t.Parallel()
	issue := fault.Issue{Location: "body.data.id", Message: "expected string"}
	p := answer.Of(fault.New(fault.Invalid, "No.").In(issue))
	want := []fault.Issue{{Location: issue.Location, Message: issue.Message}}
	if diff := cmp.Diff(want, p.Errors); diff != "" || p.Status != 422 || p.Title != "Unprocessable Entity" {
		t.Errorf("%d %s (-want +got):\n%s", p.Status, p.Title, diff)
	}
	if p := answer.Of(fault.New(fault.TooLarge, "No.").In(issue)); p.Status != 413 {
		t.Errorf("too large: %d", p.Status)
	}
}

func TestCauseStaysForTheLog(t *testing.T) {
	t.Parallel()
	p := answer.Of(fmt.Errorf("list files: %w", fault.New(fault.Unavailable, "Try again.").Because(errSecret)))
	if !errors.Is(p.Cause(), errSecret) {
		t.Errorf("Cause() = %v, want it to hold %v", p.Cause(), errSecret)
	}
	if answer.Of(nil) != nil {
		t.Error("Of(nil) is not nil")
	}
}

func TestClientGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := answer.For(ctx, fmt.Errorf("query: %w", context.Canceled)).Status; got != answer.StatusClientGone {
		t.Errorf("status = %d, want %d", got, answer.StatusClientGone)
	}
	if got := answer.For(ctx, fault.New(fault.NotFound, "No.")).Status; got != 404 {
		t.Errorf("a classified error: status = %d, want 404", got)
	}
	if got := answer.RequestID(ctx); got != "" {
		t.Errorf("RequestID outside a request = %q", got)
	}
}

func TestDeadlinePassed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	p := answer.For(ctx, errSecret)
	if p.Status != 504 || p.Kind() != fault.Timeout || !errors.Is(p.Cause(), errSecret) {
		t.Errorf("an unclassified error after the deadline: %+v", p)
	}
}
