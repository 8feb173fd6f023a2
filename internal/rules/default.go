package rules

import (
	"encoding/json"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Default returns the JSON that the text of a tag default stands for, where the field has
// the schema s: a string needs no quotes, and a list of strings neither those nor
// brackets. It does not use huma's own reading of the text, which squeezes 300 into an int8.
func Default(s *huma.Schema, text string) []byte {
	var value any
	switch {
	case s.Type == huma.TypeString:
		value = text
	case s.Type == huma.TypeArray && s.Items != nil && s.Items.Type == huma.TypeString && !strings.HasPrefix(text, "["):
		list := strings.Split(text, ",")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		value = list
	default:
		return []byte(text)
	}
	data, _ := json.Marshal(value) // strings
	return data
}
