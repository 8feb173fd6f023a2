package fn_test

import (
	"errors"
	"testing"

	"switchyard/shared/fn"
)

func TestReport(t *testing.T) {
	t.Parallel()
	fn.Report(t.Context(), errors.New("nobody listens"))
	var got error
	want := errors.New("told")
	fn.Report(fn.WithReport(t.Context(), func(err error) { got = err }), want)
	if !errors.Is(got, want) {
		t.Errorf("got %v", got)
	}
}
