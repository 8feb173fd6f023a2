package docs

import (
	"maps"
	"slices"
)

// example returns a value that s takes: the one that it says, else one of its type. It is nil
// if there is none to be seen.
func (d *document) example(s *schema, within []string) any {
	s, name := d.resolve(s)
	if len(within) >= maxDepth || name != "" && slices.Contains(within, name) {
		return nil
	}
	within = append(within, name)
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Items != nil:
		return []any{d.example(s.Items, within)}
	case len(s.Properties) > 0 || len(s.AllOf) > 0:
		return d.exampleObject(s, within)
	}
	return exampleOf(s)
}

func (d *document) exampleObject(s *schema, within []string) any {
	object := map[string]any{}
	for _, part := range s.AllOf {
		if members, ok := d.example(part, within).(map[string]any); ok {
			maps.Copy(object, members)
		}
	}
	for member, p := range s.Properties {
		if v := d.example(p, within); v != nil {
			object[member] = v
		}
	}
	return object
}

// exampleOf returns a value of a plain type.
func exampleOf(s *schema) any {
	if len(s.Type) == 0 {
		return nil
	}
	switch s.Type[0] {
	case "string":
		text, ok := map[string]string{
			"date-time": "2026-01-02T15:04:05Z", "date": "2026-01-02", "email": "ada@example.com",
			"uri": "https://example.com/", "uuid": "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b",
		}[s.Format]
		if !ok {
			return "text"
		}
		return text
	case "integer", "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case "boolean":
		return true
	case "object":
		return map[string]any{}
	}
	return nil
}
