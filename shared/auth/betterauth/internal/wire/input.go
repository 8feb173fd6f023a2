package wire

import (
	"slices"
	"strings"
)

// Input is a body, a query or a field of one, as it came: JSON as encoding/json
// decodes it into an any.
type Input struct {
	Value   any
	Present bool // even if it is null
}

// Field returns the field of an object; "" in its place counts as absent, and so
// does null.
func (in Input) Field(name string) any {
	object, _ := in.Value.(map[string]any)
	if v := object[name]; v != "" {
		return v
	}
	return nil
}

// kind is what zod calls the sort of value.
func (in Input) kind() Kind {
	switch in.Value.(type) {
	case string:
		return String
	case bool:
		return Boolean
	case float64:
		return Number
	case []any:
		return Array
	case map[string]any:
		return Object
	}
	if in.Present {
		return "null"
	}
	return "undefined"
}

func (in Input) is(kind Kind) bool {
	return in.kind() == kind || (kind == Record && in.kind() == Object)
}

// hasZero reports whether a string in v holds U+0000, which PostgreSQL cannot.
func hasZero(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "\x00")
	case []any:
		return slices.ContainsFunc(v, hasZero)
	case map[string]any:
		for name, elem := range v {
			if hasZero(name) || hasZero(elem) {
				return true
			}
		}
	}
	return false
}
