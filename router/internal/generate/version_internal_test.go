package generate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/generate/render"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/generate/wiring"
	"switchyard/router/internal/version"
)

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
		want.Framework = version.Module()
		got, err := VersionsOf(root)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", step, err, diff)
		}
	}
	write("go.mod", "module example.com/acme/orders\nrequire "+version.Module()+" v0.1.0\n")
	expect("no catalog yet", Versions{Catalog: "v0.1.0", Required: "v0.1.0"})
	tree := &wiring.Wiring{}
	m, err := source.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := render.Catalog(tree, m, render.Tables{}, false)
	if err != nil {
		t.Fatal(err)
	}
	write(Output, string(catalog[Output]))
	expect("generated", Versions{Catalog: "v0.1.0", Required: "v0.1.0"})
	write("go.mod", "module example.com/acme/orders\nrequire "+version.Module()+" v0.2.0\n")
	expect("another version", Versions{Catalog: "v0.1.0", Required: "v0.2.0"})
}
