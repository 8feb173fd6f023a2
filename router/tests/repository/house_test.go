package repository_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"switchyard/router/internal/routertest"
)

const module = "switchyard/"

// house walks the repository's Go files, parsed as mode says.
func house(t *testing.T, mode parser.Mode, visit func(name string, imports []string, doc bool)) {
	t.Helper()
	root := os.DirFS(routertest.Root(t))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, mode)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, to)
		}
		visit(name, imports, f.Doc != nil)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestImports holds the arrows of the house: router → functions → shared → internal.
func TestImports(t *testing.T) {
	t.Parallel()
	house(t, parser.ImportsOnly, func(name string, imports []string, _ bool) {
		for _, to := range imports {
			if why := mayNotImport(name, to); why != "" {
				t.Errorf("%s must not import %s: %s", name, to, why)
			}
		}
	})
}

// mayNotImport says why the file called name may not import the package to, or
// returns "" if it may.
func mayNotImport(name, to string) string {
	inside, ok := strings.CutPrefix(to, module)
	if !ok {
		return ""
	}
	test := strings.HasSuffix(name, "_test.go") || strings.HasSuffix(path.Dir(name), "test")
	from, _, _ := strings.Cut(name, "/")
	room, _, _ := strings.Cut(inside, "/")
	switch {
	case from == "functions" && room == "router":
		return "a function does not know its host"
	case from == "shared" && (room == "router" || room == "functions"):
		return "shared stands below both"
	case from == "internal" && room != "internal" && inside != "shared/fault" && !test:
		return "internal is the ground floor"
	case from == "functions" && room == "functions" && !within(name, inside):
		return "functions are isolated; move what both need to shared"
	case from == "functions" && room == "schema", from == "shared" && room == "schema" && !test:
		return "only the router knows the schema"
	case (inside == "internal/stack" || strings.HasPrefix(inside, "internal/stack/")) && !test && from != "bench" && !strings.HasPrefix(name, "router/internal/dev/") && !strings.HasPrefix(name, "router/internal/emulate/") && !strings.HasPrefix(name, "router/internal/parity/") && !strings.HasPrefix(name, "internal/stack/"):
		return "its servers and processes are for development, tests and benchmarks"
	}
	return ""
}

// within reports whether the file is in the same function as the package pkg,
// whose private packages stand below its folder.
func within(file, pkg string) bool {
	dir := path.Dir(file)
	pkg, _, _ = strings.Cut(pkg, "/internal/")
	dir, _, _ = strings.Cut(dir, "/internal/")
	return dir == pkg
}

// TestPackageDocs wants every package to say what it is for, once.
func TestPackageDocs(t *testing.T) {
	t.Parallel()
	docs := map[string]int{}
	house(t, parser.PackageClauseOnly|parser.ParseComments, func(name string, _ []string, doc bool) {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			return
		}
		dir := path.Dir(name)
		docs[dir] += 0
		if doc && !strings.HasSuffix(name, "_gen.go") {
			docs[dir]++
		}
	})
	for dir, n := range docs {
		if n != 1 {
			t.Errorf("package %s has %d package comments, want 1", dir, n)
		}
	}
}

// TestStreets wants no Go file directly in a folder that holds only packages.
func TestStreets(t *testing.T) {
	t.Parallel()
	house(t, parser.PackageClauseOnly, func(name string, _ []string, _ bool) {
		if dir := path.Dir(name); dir == "functions" || dir == "shared" || dir == "." {
			t.Errorf("%s: this folder holds packages only; give it a folder of its own", name)
		}
	})
}

func TestMayNotImport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file, to string
		may      bool
	}{
		{"functions/api/a/a.go", "switchyard/functions/api/b", false},
		{"functions/api/a/a.go", "switchyard/functions/api/a/internal/x", true},
		{"functions/api/a/a_test.go", "switchyard/functions/api/a", true},
		{"functions/api/a/a.go", "switchyard/router/internal/serve", false},
		{"functions/api/a/a.go", "switchyard/shared/db", true},
		{"functions/api/a/a.go", "switchyard/internal/stack", false},
		{"shared/db/db.go", "switchyard/functions/api/a", false},
		{"internal/oidc/oidc.go", "switchyard/shared/fault", true},
		{"internal/oidc/oidc.go", "switchyard/shared/config", false},
		{"shared/db/dbtest/dbtest.go", "switchyard/internal/migrate", true},
		{"router/serve.go", "switchyard/router/internal/serve", true},
		{"router/serve.go", "switchyard/internal/stack", false},
		{"router/internal/dev/parts.go", "switchyard/internal/stack", true},
		{"router/migrate.go", "switchyard/internal/stack/process", false},
		{"router/internal/dev/app.go", "switchyard/internal/stack/process", true},
		{"router/internal/emulate/environment.go", "switchyard/internal/stack/process", true},
		{"internal/stack/server.go", "switchyard/internal/stack/process", true},
		{"shared/db/db.go", "switchyard/internal/stack/process", false},
		{"shared/db/db.go", "github.com/jackc/pgx/v5", true},
	}
	for _, tt := range tests {
		if why := mayNotImport(tt.file, tt.to); (why == "") != tt.may {
			t.Errorf("%s importing %s: got %q, may is %t", tt.file, tt.to, why, tt.may)
		}
	}
}
