package bindings_test

import (
	"go/types"
	"strings"
	"testing"

	"switchyard/router/internal/generate/binding"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/source"
)

// TestReasons holds what is said of types that are not compiled.
func TestReasons(t *testing.T) {
	t.Parallel()
	module, err := source.Open("../../..")
	if err != nil {
		t.Fatal(err)
	}
	scope := check(t, "switchyard/router/tests/bindings/uncompiled", "uncompiled").Scope()
	nothing := scope.Lookup("Nothing").Type()
	for name, want := range map[string]string{
		"Raw":        "Input.RawBody: the function reads it itself",
		"Any":        "Input.Body.Any: any is of no kind that is compiled",
		"Own":        "Input: uncompiled.Own has a method UnmarshalJSON",
		"Resolved":   "Input: uncompiled.Resolved has a method Resolve",
		"Checks":     "Input.Resolved: uncompiled.Resolved has a method Resolve",
		"Hides":      "Input: Limit is there more than once",
		"HidesBody":  "Input.Body: a struct without a name has the field N more than once",
		"Default":    "Input.N: its tag default is against its rules",
		"Defaults":   "Input.N: its tag default is against its rules",
		"Blanks":     "Input.Body.S: a list or map of structs without a name and without fields",
		"Twice":      "Input.Body: a struct without a name has the field N more than once",
		"Embedded":   "Input.Body.Inner: it is embedded, and no exported struct",
		"Hidden":     "Input.Body.Kind: uncompiled.kind cannot be named in another package",
		"Ring":       "Input.Body.Next: uncompiled.ring holds itself, and is not exported",
		"Quoted":     "Input.Body.N: its json tag has the option string",
		"Misplaced":  "Input.Body.N: its tag minLength",
		"Precise":    "Input.Body.F: its tag minimum: a float32 is compiled without bounds",
		"Layout":     "Input.At: its tag timeFormat",
		"Array":      "Input.Body.A: [3]int is of no kind that is compiled",
		"Keys":       "Input.Body.M: the keys of map[int]string are no strings",
		"unexported": "its Input or Output cannot be named in another package",
	} {
		f := &function.Function{
			Folder: &source.Folder{Dir: "corpus/x"}, Kind: function.Endpoint,
			Input: types.NewPointer(scope.Lookup(name).Type()), Output: types.NewPointer(nothing),
		}
		if _, got := binding.Render(module, f); got != want {
			t.Errorf("%s as an Input: got %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"Any":    "Output.Body.Any: any is of no kind that is compiled",
		"Text":   "Output.Body.Text: uncompiled.Text has a method MarshalText",
		"Blanks": "Output.Body.S: a list or map of structs without a name and without fields",
		"Stream": "Output.Body: ",
		"Zeros":  "Output.Body.S: its json tag has the option omitzero",
	} {
		f := &function.Function{
			Folder: &source.Folder{Dir: "corpus/x"}, Kind: function.Endpoint,
			Input: types.NewPointer(nothing), Output: types.NewPointer(scope.Lookup(name).Type()),
		}
		if _, got := binding.Render(module, f); !strings.HasPrefix(got, want) {
			t.Errorf("%s as an Output: got %q, want %q", name, got, want)
		}
	}
}
