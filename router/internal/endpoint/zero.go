package endpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unmarshal is json.Unmarshal for bodies, except that it refuses zero bytes in
// text: JSON can write them, and PostgreSQL cannot hold them.
//
// huma decodes a body twice: into an any, to validate it by its schema, and then
// into the Input. Zero bytes are looked for at the second time, where an error
// means that the body is not what is expected, and no more that it is not JSON.
func unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if _, first := v.(*any); first || !bytes.Contains(data, []byte(`\u0000`)) {
		return nil
	}
	var body any
	if err := json.Unmarshal(data, &body); err != nil {
		return err
	}
	if at := findZero(body, "body"); at != "" {
		return &zeroError{at}
	}
	return nil // it was a backslash before u0000
}

// findZero returns where in v, which lies at the location at, there is text with a
// zero byte, in the form in which huma says it: "body.items[3].name". It returns ""
// if there is none. A name with a zero byte counts as where it stands.
func findZero(v any, at string) string {
	switch v := v.(type) {
	case string:
		if hasZero(v) {
			return at
		}
	case []any:
		for i, item := range v {
			if found := findZero(item, fmt.Sprintf("%s[%d]", at, i)); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if hasZero(name) {
				return at
			}
			if found := findZero(v[name], at+"."+name); found != "" {
				return found
			}
		}
	}
	return ""
}

func hasZero(s string) bool { return strings.IndexByte(s, 0) >= 0 }

// zeroError says where a zero byte is. Of what unmarshal returns huma passes on the
// text alone, from which whereZero reads the location again.
type zeroError struct{ location string }

const (
	zeroByte   = "unexpected zero byte"
	zeroByteIn = zeroByte + " in "
)

// Error implements error.
func (e *zeroError) Error() string { return zeroByteIn + e.location }

// whereZero returns the location that a zeroError with this text has.
func whereZero(text string) (location string, ok bool) { return strings.CutPrefix(text, zeroByteIn) }
