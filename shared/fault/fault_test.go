package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"switchyard/shared/fault"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp 10.0.0.1: refused")
	tests := map[string]struct {
		err     error
		kind    fault.Kind
		message string
	}{
		"a fault":           {fault.New(fault.NotFound, "There is no file %d.", 7), fault.NotFound, "There is no file 7."},
		"a wrapped fault":   {fmt.Errorf("get file: %w", fault.New(fault.Conflict, "Taken.").Because(cause)), fault.Conflict, "Taken."},
		"any other error":   {cause, fault.Internal, "Something went wrong on our side."},
		"a permanent fault": {fault.Permanent(fault.New(fault.Invalid, "No.")), fault.Invalid, "No."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fault.Of(tt.err)
			if got.Kind != tt.kind || got.Message != tt.message || !fault.Is(tt.err, tt.kind) {
				t.Errorf("got %s %q, want %s %q", got.Kind, got.Message, tt.kind, tt.message)
			}
		})
	}
	if fault.Of(nil) != nil || fault.Is(nil, fault.Internal) {
		t.Error("nil is no fault")
	}
}

func TestCauseIsKept(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := fault.New(fault.Unavailable, "Later.").Because(cause)
	if !errors.Is(err, cause) || err.Error() != "Later.: cause" {
		t.Errorf("got %q", err)
	}
}

func TestIssues(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := fault.New(fault.Invalid, "No.").In(fault.Issue{Location: "body.id", Message: "expected string"}).Because(cause)
	if got := fault.Of(err).Issues; len(got) != 1 || !errors.Is(err, cause) || err.Error() != "No.; body.id: expected string: cause" {
		t.Errorf("got %+v, %q", got, err)
	}
}

func ExampleNew() {
	err := fault.New(fault.NotFound, "There is no such file.").Because(errors.New("no rows"))
	fmt.Println(err.Message) // what the caller sees
	fmt.Println(err)         // what the log sees
	// Output:
	// There is no such file.
	// There is no such file.: no rows
}
