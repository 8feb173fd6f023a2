package bindings_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/generate/binding"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/source"
)

var update = flag.Bool("update", false, "rewrite the bindings of the corpus") //nolint:gochecknoglobals // a flag

// TestCorpus holds the bindings of the corpus against those that are there, which are
// compiled with it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	module, err := source.Open("../../..")
	if err != nil {
		t.Fatal(err)
	}
	scope := check(t, "switchyard/router/tests/bindings/corpus", "corpus").Scope()
	for name, pair := range map[string][2]string{
		"params": {"Params", "Headers"}, "order": {"Order", "Receipt"}, "numbers": {"Numbers", "Numbers"},
		"tree": {"Tree", "Tree"}, "values": {"Values", "Values"}, "formats": {"Formats", "Formats"},
		"options": {"Nothing", "Options"}, "list": {"List", "List"}, "optional": {"Optional", "Optional"},
		"nothing": {"Nothing", "Nothing"},
	} {
		f := &function.Function{
			Folder: &source.Folder{Dir: "corpus/" + name}, Kind: function.Endpoint,
			Input:  types.NewPointer(scope.Lookup(pair[0]).Type()),
			Output: types.NewPointer(scope.Lookup(pair[1]).Type()),
		}
		got, reason := binding.Render(module, f)
		if reason != "" {
			t.Errorf("%s: %s", name, reason)
			continue
		}
		if formatted, err := format.Source(got); err != nil || string(formatted) != string(got) {
			t.Errorf("%s: not in the form of gofmt: %v\n%s", name, err, cmp.Diff(string(formatted), string(got)))
		}
		file := filepath.Join("corpus", name, "binding_gen.go")
		if *update {
			write(t, file, got)
		}
		old, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(old), string(got)); diff != "" {
			t.Errorf("run the test with -update if this is as it should be (-want +got)\n%s", diff)
		}
	}
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// check type-checks the package in the folder dir.
func check(t *testing.T, importPath, dir string) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, filepath.Join(dir, filepath.Base(dir)+".go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	exports := exportData(t, "./"+dir)
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	pkg, err := config.Check(importPath, fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// exportData returns the files of the export data of a package and of all that it imports.
func exportData(t *testing.T, pkg string) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export", pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		files[p.ImportPath] = p.Export
	}
	return files
}
