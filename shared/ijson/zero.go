package ijson

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FindZero returns an *[Error] for the first zero byte in the text of value, which was
// decoded from data into an any; nil if there is none. JSON can write zero bytes, and
// PostgreSQL cannot hold them. If a name has one, the error names the object that it stands in.
func FindZero(data []byte, value any) error {
	if !bytes.Contains(data, []byte(`\u0000`)) {
		return nil // nor can there be one in any other way
	}
	if at, ok := findZero(value, ""); ok {
		return &Error{Kind: Misfit, Path: strings.TrimPrefix(at, "."), Message: "unexpected zero byte"}
	}
	return nil // it was a backslash before u0000
}

func findZero(v any, at string) (string, bool) {
	switch v := v.(type) {
	case string:
		return at, hasZero(v)
	case []any:
		for i, item := range v {
			if found, ok := findZero(item, fmt.Sprintf("%s[%d]", at, i)); ok {
				return found, true
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if hasZero(name) {
				return at, true
			}
			if found, ok := findZero(v[name], at+"."+name); ok {
				return found, true
			}
		}
	}
	return "", false
}

func hasZero(s string) bool { return strings.IndexByte(s, 0) >= 0 }
