package generate

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"switchyard/shared/fn"
)

// module is the module being read, and what was found wrong with it.
type module struct {
	root      string // absolute
	path      string
	origins   []*origin       // whose source is read: this module first
	lending   []*folder       // those that lend a function
	missing   map[string]bool // import paths of functions that are lent and not there
	mod       *modfile.File
	framework string // the path of the module that has shared/fn: this one, or another
	project   about
	version   string // of that one, as go.mod asks for it; "" if it has none
	fset      *token.FileSet
	imp       *exports // what functions import; set by load
	judge     Judge    // of expressions; nil if nobody is
	problems  []Problem
	// doubts are failed imports: a consequence of other problems, if there are any.
	doubts []Problem
	// warnings keep nothing from being written.
	warnings []Problem
}

// framework returns the path of the module that this package is compiled in.
func framework() string {
	return strings.TrimSuffix(reflect.TypeFor[fn.Endpoint]().PkgPath(), "/shared/fn")
}

// contract returns the import path of a package of the framework.
func (m *module) contract(dir string) string { return path.Join(m.framework, dir) }

// folder is a package of functions/ or shared/, read from its source.
type folder struct {
	*origin
	dir   string // below the root of its module: "functions/api/hello"
	path  string // the import path
	files []*ast.File
	// partial means that the source could not be read as a whole; what is wrong
	// has been reported.
	partial bool
	// owner is the function that this folder is private to, if it is not a
	// function itself.
	owner *folder
	// as is the folder of the project for which this one was read, as that of the function
	// that it lends, and lends, of a folder that lends, is the function: each nil of all others.
	as, lends *folder

	pkg  *types.Package
	info *types.Info // of what was checked from source: functions, and what has to do with events
}

// name returns the folder's name below functions/ or shared/: "api/hello". A function that
// is lent has the name that it has here.
func (f *folder) name() string {
	if f.as != nil {
		return f.as.name()
	}
	_, name, _ := strings.Cut(f.dir, "/")
	return name
}

// below reports whether f lies below g.
func (f *folder) below(g *folder) bool { return strings.HasPrefix(f.dir, g.dir+"/") }

// start returns where the package begins: what has no better position is
// reported there.
func (f *folder) start() token.Pos { return f.files[0].Name.Pos() }

// open reads the go.mod in root.
func open(root string) (*module, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	mod, err := modfile.Parse(filepath.Join(root, "go.mod"), text, nil)
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	if mod.Module == nil {
		return nil, fmt.Errorf("%s has no module line", filepath.Join(root, "go.mod"))
	}
	m := &module{
		root: root, path: mod.Module.Mod.Path, framework: framework(), mod: mod,
		fset: token.NewFileSet(), missing: map[string]bool{},
	}
	if _, err := os.Stat(filepath.Join(root, "shared", "fn")); err == nil {
		m.framework = m.path
	}
	m.origins = []*origin{{root: root, path: m.path}}
	m.version, _ = requirement(mod, m.framework)
	return m, nil
}

// scan reads the source of functions/ and shared/, here and in the modules that this one
// builds on, and reports imports that are not allowed.
func (m *module) scan(ctx context.Context) (functions, services []*folder, err error) {
	self := m.origins[0]
	functions, services = m.walk(self, "functions"), m.walk(self, "shared")
	own(functions)
	lent, others, err := m.readOthers(ctx, functions)
	if err != nil {
		return nil, nil, err
	}
	m.checkImports(functions, services)
	return slices.Concat(functions, lent), slices.Concat(services, others), nil
}

// walk reads the packages of a module below its folder top.
func (m *module) walk(o *origin, top string) []*folder {
	return m.walkDir(o, filepath.Join(o.root, top))
}

// walkDir reads the packages in and below a folder of a module. Of other modules than this
// one it reports nothing but what cannot be read.
func (m *module) walkDir(o *origin, start string) []*folder {
	var folders []*folder
	street := filepath.Dir(start) == o.root // functions/ and shared/ hold packages only
	err := filepath.WalkDir(start, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case street && m.own(o) && !d.IsDir() && filepath.Dir(file) == start && filepath.Ext(name) == ".go":
			m.report(token.Position{Filename: file},
				"a Go file may not stand directly in %s/: move it into a folder of its own", filepath.Base(start))
		case !d.IsDir() || street && file == start:
		case name == "testdata" || name[0] == '.' || name[0] == '_':
			return fs.SkipDir
		case isModule(file):
			if m.own(o) && filepath.Base(start) == "functions" {
				m.report(token.Position{Filename: filepath.Join(file, "go.mod")},
					"a function is a package of this module: it may not have a go.mod of its own")
			}
			return fs.SkipDir
		default:
			if f := m.read(o, file); f != nil {
				folders = append(folders, f)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.report(token.Position{Filename: start}, "cannot be read: %v", err)
	}
	return folders
}

// isModule reports whether dir is the root of another module.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// read parses the package of o in dir, without its tests. It returns nil if there is none.
func (m *module) read(o *origin, dir string) *folder {
	below, _ := o.within(dir)
	f := &folder{origin: o, dir: below, path: path.Join(o.path, below)}
	p, err := build.ImportDir(dir, 0)
	if _, ok := errors.AsType[*build.NoGoError](err); ok {
		if top(f.dir) == "functions" && len(p.IgnoredGoFiles) > 0 {
			m.report(token.Position{Filename: filepath.Join(dir, p.IgnoredGoFiles[0])},
				"no Go file of %s is built on %s/%s: this one is left out by its name or its build constraint",
				f.dir, build.Default.GOOS, build.Default.GOARCH)
		}
		return nil
	}
	if several, ok := errors.AsType[*build.MultiplePackageError](err); ok {
		m.report(token.Position{Filename: filepath.Join(dir, several.Files[1])},
			"%s has two packages, %s (%s) and %s: a folder is one package",
			f.dir, several.Packages[0], several.Files[0], several.Packages[1])
		return nil
	}
	// What cannot be parsed is in neither list of the two, or in both.
	seen := map[string]bool{}
	for _, name := range append(append(p.GoFiles, p.CgoFiles...), p.InvalidGoFiles...) {
		if strings.HasSuffix(name, "_test.go") || seen[name] {
			continue
		}
		seen[name] = true
		m.parse(f, filepath.Join(dir, name))
	}
	if err != nil && !f.partial {
		f.partial = true
		m.report(token.Position{Filename: dir}, "%v", err)
	}
	if len(f.files) == 0 {
		return nil
	}
	return f
}

func (m *module) parse(f *folder, name string) {
	file, err := parser.ParseFile(m.fset, name, nil, parser.SkipObjectResolution)
	if file != nil && file.Name != nil {
		f.files = append(f.files, file)
	}
	var list scanner.ErrorList
	switch {
	case errors.As(err, &list):
		for _, e := range list {
			m.report(e.Pos, "%s", e.Msg)
		}
	case err != nil:
		m.report(token.Position{Filename: name}, "%v", err)
	}
	f.partial = f.partial || err != nil
}

// imports calls use with each import of f.
func (f *folder) imports(use func(importPath string, pos token.Pos)) {
	for _, file := range f.files {
		for _, spec := range file.Imports {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil {
				use(p, spec.Pos())
			}
		}
	}
}
