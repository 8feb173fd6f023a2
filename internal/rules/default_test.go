package rules_test

import (
	"reflect"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/rules"
)

func TestDefault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		of         any // a field's value
		text, want string
	}{
		{"", `a "b"`, `"a \"b\""`},
		{int8(0), "300", "300"},
		{int64(0), "9007199254740993", "9007199254740993"},
		{[]string{}, "a, b", `["a","b"]`},
		{[]string{}, `["a, b"]`, `["a, b"]`},
		{[]int{}, "[1,2]", "[1,2]"},
		{false, "true", "true"},
	} {
		schema := huma.NewMapRegistry("", huma.DefaultSchemaNamer).Schema(reflect.TypeOf(tt.of), false, "")
		if got := string(rules.Default(schema, tt.text)); got != tt.want {
			t.Errorf("%T %s: got %s, want %s", tt.of, tt.text, got, tt.want)
		}
	}
}
