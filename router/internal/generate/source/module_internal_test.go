package source

import (
	"testing"

	"golang.org/x/mod/modfile"
)

func TestRequirement(t *testing.T) {
	t.Parallel()
	for gomod, want := range map[string]string{
		"module a\nrequire example.com/sw v0.2.0\n":                                          "v0.2.0",
		"module a\nrequire (\n\texample.com/swing v1.9.0\n\texample.com/sw v0.2.0 // x\n)\n": "v0.2.0",
		"require example.com/sw v0.0.0\nreplace example.com/sw => ../sw\n":                   "",
		"require example.com/sw v0.0.0\nreplace (\n\texample.com/sw v0.0.0 => ../sw\n)\n":    "",
		"exclude example.com/sw v0.1.0\ntool example.com/sw/tool\n":                          "",
		"module example.com/sw\n": "",
	} {
		mod, err := modfile.Parse("go.mod", []byte(gomod), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := requirement(mod, "example.com/sw"); got != want {
			t.Errorf("%q: got %q, want %q", gomod, got, want)
		}
	}
}
