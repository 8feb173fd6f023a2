package generate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// A catalog says which version of the framework it was generated with.
func TestVersionsOf(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(step string, want Versions) {
		t.Helper()
		want.Framework = framework()
		got, err := VersionsOf(root)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", step, err, diff)
		}
	}
	write("go.mod", "module example.com/acme/orders\nrequire "+framework()+" v0.1.0\n")
	expect("no catalog yet", Versions{Catalog: "v0.1.0", Required: "v0.1.0"})
	tree := &wiring{}
	m, err := open(root)
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := tree.render(m, "", false)
	if err != nil {
		t.Fatal(err)
	}
	write(Output, string(catalog))
	expect("generated", Versions{Catalog: "v0.1.0", Required: "v0.1.0"})
	write("go.mod", "module example.com/acme/orders\nrequire "+framework()+" v0.2.0\n")
	expect("another version", Versions{Catalog: "v0.1.0", Required: "v0.2.0"})
}
