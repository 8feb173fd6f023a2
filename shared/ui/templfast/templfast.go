// Package templfast is what the Go files of templates call in place of two functions of package templ: those format
// each text with package fmt, and make two maps for each class. What they return is the same.
//
// Nobody else needs it: `go generate` writes these calls.
package templfast

import (
	"errors"

	"github.com/a-h/templ"
)

// stringable has the types that [templ.JoinStringErrs] takes, which does not export this constraint.
type stringable interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64 | ~complex64 | ~complex128 | ~string | ~bool
}

// Text returns what [templ.JoinStringErrs] does. A string is not formatted.
func Text[T stringable](v T, errs ...error) (string, error) {
	if text, ok := any(v).(string); ok {
		return text, errors.Join(errs...)
	}
	return templ.JoinStringErrs(v, errs...)
}

// Classes returns what the String of [templ.CSSClasses] does. A single string is returned as it is.
func Classes(classes []any) string {
	if len(classes) == 1 {
		if name, ok := classes[0].(string); ok {
			return name
		}
	}
	return templ.CSSClasses(classes).String()
}
