package sdk

import (
	"errors"
	"reflect"
	"time"

	"github.com/inngest/inngestgo"
	sdkerrors "github.com/inngest/inngestgo/errors"

	"switchyard/shared/fault"
)

// IsControl reports whether the SDK has panicked with r to leave a function: it recovers
// from that itself. Its type cannot be named from outside.
func IsControl(r any) bool {
	t := reflect.TypeOf(r)
	return t.Name() == "ControlHijack" && t.PkgPath() == "github.com/inngest/inngestgo/internal/sdkrequest"
}

// Marked translates the marks of shared/fault, fault.Permanent and fault.RetryAfter, into
// those of the SDK.
func Marked(err error) error {
	if sdkerrors.IsNoRetryError(err) || sdkerrors.GetRetryAtTime(err) != nil {
		return err
	}
	if _, ok := errors.AsType[*fault.PermanentError](err); ok {
		return inngestgo.NoRetryError(err)
	}
	if later, ok := errors.AsType[*fault.RetryAfterError](err); ok {
		// The header knows whole seconds only; never come too early.
		at := time.Now().Add(later.After + time.Second - 1).Truncate(time.Second)
		return inngestgo.RetryAtError(err, at.UTC())
	}
	return err
}
