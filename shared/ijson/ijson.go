// Package ijson reads I-JSON (RFC 7493): JSON that means the same to every reader, because names
// are unique in their object and all text is UTF-8. Everything that comes from outside is read
// by it, so that what one part validates is what another part decodes.
package ijson

import (
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	v1 "github.com/go-json-experiment/json/v1"
)

// strict has the options of encoding/json, but with the rules of I-JSON.
var strict = json.JoinOptions( //nolint:gochecknoglobals // a constant, as far as Go can say it
	v1.DefaultOptionsV1(),
	v1.ReportErrorsWithLegacySemantics(false), // stop at the first one, and say where
	json.MatchCaseInsensitiveNames(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.AllowInvalidUTF8(false),
)

// Unmarshal decodes data into what v points to, which has to be zero, as encoding/json
// does, with these exceptions. Its errors are of type *[Error].
//
//   - A name belongs to a field only if both are the same letter for letter.
//   - A name that an object has twice is refused, however deep: also in an object that no
//     field takes, or that a type decodes itself.
//   - Text that is not UTF-8 is refused, and so is half of a surrogate pair.
//   - An integer may be written as 1.0 or 1e2, which JSON Schema calls one, too.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v, strict)
	if misfit(err, jsontext.KindNumber) {
		err = again(data, v, anyNumber)
	}
	if misfit(err, jsontext.KindBeginObject) {
		// Perhaps a tag is not as it should be, which encoding/json overlooks.
		if again(data, v, anyNumber, v1.ReportErrorsWithLegacySemantics(true)) == nil {
			return nil
		}
	}
	if err != nil {
		return explain(data, err)
	}
	return nil
}

// again decodes data once more, with further options.
func again(data []byte, v any, options ...json.Options) error {
	reflect.ValueOf(v).Elem().SetZero()
	return json.Unmarshal(data, v, strict, json.JoinOptions(options...))
}

// misfit reports whether err says that a value of this kind does not fit its type.
func misfit(err error, kind jsontext.Kind) bool {
	if err == nil {
		return false
	}
	mismatch, ok := errors.AsType[*json.SemanticError](err)
	return ok && mismatch.JSONKind == kind
}
