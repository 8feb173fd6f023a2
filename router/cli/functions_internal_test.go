package cli

import (
	"testing"

	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// Of endpoints it is said whether they are compiled.
func TestListBinding(t *testing.T) {
	t.Parallel()
	endpoint := fn.Endpoint{Route: "GET /a", Access: fn.Public}
	for want, f := range map[string]function.Function{
		"compiled":                 {Name: "a", Spec: endpoint},
		"reflected: it is so, too": {Name: "a", Spec: endpoint, Reflected: "it is so, too"},
		"":                         {Name: "a", Spec: fn.Page{Route: "GET /a", Access: fn.Public}},
	} {
		if got := list(f).Binding.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
