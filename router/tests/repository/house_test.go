package repository_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"switchyard/router/internal/routertest"
)

// module returns the path of this module, as go.mod has it, with a slash.
func module(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(routertest.Root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	return modfile.ModulePath(text) + "/"
}

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
	module := module(t)
	house(t, parser.ImportsOnly, func(name string, imports []string, _ bool) {
		for _, to := range imports {
			inside, ok := strings.CutPrefix(to, module)
			if !ok {
				continue
			}
			if why := mayNotImport(name, inside); why != "" {
				t.Errorf("%s must not import %s: %s", name, to, why)
			}
		}
	})
}

// mayNotImport says why the file called name may not import the package to of this module,
// or returns "" if it may.
func mayNotImport(name, to string) string {
	test := strings.HasSuffix(name, "_test.go") || strings.HasSuffix(path.Dir(name), "test")
	generated := strings.HasSuffix(name, "_gen.go")
	from, _, _ := strings.Cut(name, "/")
	room, _, _ := strings.Cut(to, "/")
	switch {
	case from == "functions" && room == "functions" && !within(name, to):
		return "functions are isolated; move what both need to shared"
	case from == "functions" && room != "shared" && room != "functions":
		return "a function knows what it may use, which is in shared, and not its host"
	case from == "shared" && room != "shared" && room != "internal":
		return "shared stands below functions and router"
	case from == "internal" && room != "internal" && to != "shared/fault" && (!test || room != "shared"):
		return "internal is the ground floor"
	case below(to, "router/wire") && !generated && !test && !below(name, "router/wire", "router/cli", "router/internal/endpoint", "router/internal/parity/probe/program"):
		return "it is for generated code, and changes with it"
	case below(to, "router/internal/isolation/neighbours", "router/internal/isolation/functions/isolation/bad") && !test &&
		name != "router/cli/neighbours.go" && name != "router/internal/isolation/neighbours/neighbours.go":
		return "only a build with a tag of its own has functions that do harm"
	case to == "router/catalog" && !test && name != "router/main.go":
		return "the framework does not know whose functions it serves"
	case below(to, "internal/stack") && !test && !below(name, "internal/stack", "bench", "router/internal/dev", "router/internal/emulate", "router/internal/isolation", "router/internal/parity"):
		return "its servers and processes are for development, tests and benchmarks"
	case desk(to) && !desk(name) && !generated:
		return "the framework does not know the file desk"
	}
	return ""
}

// below reports whether a file or a package is in one of these folders.
func below(name string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return name == f || strings.HasPrefix(name, f+"/") })
}

// desk reports whether a file or a package is the file desk's.
func desk(name string) bool { return strings.Contains("/"+name+"/", "/files/") }

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
		if doc {
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
		if dir := path.Dir(name); dir == "functions" || dir == "internal" || dir == "shared" || dir == "." {
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
		{"functions/api/a/a.go", "functions/api/b", false},
		{"functions/api/a/a.go", "functions/api/a/internal/x", true},
		{"functions/api/a/a_test.go", "functions/api/a", true},
		{"functions/api/a/a.go", "router/internal/serve", false},
		{"functions/api/a/a.go", "internal/static", false},
		{"functions/api/a/a.go", "shared/db", true},
		{"functions/api/files/a/a.go", "shared/files", true},
		{"functions/api/a/a.go", "shared/files", false},
		{"shared/db/db.go", "functions/api/a", false},
		{"shared/db/db.go", "router/wire", false},
		{"shared/db/db.go", "internal/project", true},
		{"shared/db/db.go", "internal/stack/process", false},
		{"shared/db/dbtest/dbtest.go", "internal/stack", true},
		{"internal/oidc/client.go", "shared/fault", true},
		{"internal/oidc/client.go", "shared/config", false},
		{"internal/migrate/migrate_test.go", "shared/db/dbtest", true},
		{"internal/stack/server.go", "internal/stack/process", true},
		{"router/main.go", "router/catalog", true},
		{"router/cli/serve.go", "router/catalog", false},
		{"router/cli/serve.go", "router/wire", true},
		{"router/cli/migrate.go", "internal/stack", false},
		{"router/catalog/catalog_gen.go", "router/wire", true},
		{"router/catalog/catalog_gen.go", "functions/api/files/a", true},
		{"router/internal/app/app.go", "router/wire", false},
		{"router/internal/dev/parts.go", "internal/stack", true},
		{"router/internal/emulate/environment.go", "internal/stack/process", true},
		{"router/tests/files/desk_test.go", "shared/files", true},
		{"router/tests/jobs/kill_test.go", "shared/files", false},
	}
	for _, tt := range tests {
		if why := mayNotImport(tt.file, tt.to); (why == "") != tt.may {
			t.Errorf("%s importing %s: got %q, may is %t", tt.file, tt.to, why, tt.may)
		}
	}
}
