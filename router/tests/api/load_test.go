package api_test

import (
	"bytes"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the framework's module, and module its path with a slash.
const root = "../../.."

var module = strings.TrimSuffix(reflect.TypeFor[lister]().PkgPath(), "router/tests/api_test") //nolint:gochecknoglobals // it never changes

// face returns the packages that a project may import, by their paths inside the module.
func face(t *testing.T) map[string]*types.Package {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{.DepOnly}}",
		"./functions/...", "./shared/...", "./router/cli", "./router/wire/...")
	var errOut bytes.Buffer
	cmd.Dir, cmd.Stderr = root, &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &errOut)
	}
	exports := map[string]string{} // the files with what the compiler exports, by import path
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	var paths []string
	for line := range strings.Lines(string(out)) {
		words := strings.Split(strings.TrimSpace(line), "\t")
		exports[words[0]] = words[1]
		if inside, ok := strings.CutPrefix(words[0], module); ok && words[2] == "false" && public(inside) {
			paths = append(paths, inside)
		}
	}
	packages := map[string]*types.Package{}
	for _, inside := range paths {
		if packages[inside], err = imports.Import(module + inside); err != nil {
			t.Fatalf("%s: %v", inside, err)
		}
	}
	return packages
}

// public reports whether a project may import the package. The file desk's are in
// folders called files: they are an example, and promise nothing.
func public(inside string) bool {
	words := strings.Split(inside, "/")
	return !slices.Contains(words, "internal") && !slices.Contains(words, "files")
}

// area returns the name of the listing that has the package: auth for all in shared/auth.
func area(inside string) string {
	words := strings.Split(inside, "/")
	if words[0] == "shared" {
		return words[1]
	}
	return words[0]
}
