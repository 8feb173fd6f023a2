// Package source reads the source from which a project's catalog is made: the packages of
// functions/ and shared/, here and in the modules that this one builds on, and the functions
// that are lent. It checks what they import, and type-checks those that have to do with
// functions or events. A [Module] collects everything that is wrong, with file and line.
package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"switchyard/router/internal/version"
)

// CatalogDir is the folder of the catalog, below the root of a module.
const CatalogDir = "router/catalog"

// Directive begins the comments that say something to the generator.
const Directive = "//switchyard:"

// Module is the module being read, and what was found wrong with it.
type Module struct {
	Root      string    // absolute
	Path      string    // "example.com/acme/orders"
	Framework string    // the path of the module that has shared/fn: this one, or another
	Version   string    // of that one, as go.mod asks for it; "" if it has none
	Origins   []*Origin // whose source is read: this module first
	// Problems keep the catalog from being written, Warnings do not.
	Problems, Warnings []Problem

	// doubts are failed imports: a consequence of other problems, if there are any.
	doubts  []Problem
	lending []*Folder       // those that lend a function
	missing map[string]bool // import paths of functions that are lent and not there
	mod     *modfile.File
	fset    *token.FileSet
	imp     *exports // what functions import; set by Load
}

// Contract returns the import path of a package of the framework.
func (m *Module) Contract(dir string) string { return path.Join(m.Framework, dir) }

// Open reads the go.mod in root.
func Open(root string) (*Module, error) {
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
	m := &Module{
		Root: root, Path: mod.Module.Mod.Path, Framework: version.Module(), mod: mod,
		fset: token.NewFileSet(), missing: map[string]bool{},
	}
	if _, err := os.Stat(filepath.Join(root, "shared", "fn")); err == nil {
		m.Framework = m.Path
	}
	m.Origins = []*Origin{{Root: root, path: m.Path}}
	m.Version, _ = requirement(mod, m.Framework)
	return m, nil
}

// Scan reads the source of functions/ and shared/, here and in the modules that this one
// builds on, and reports imports that are not allowed.
func (m *Module) Scan(ctx context.Context) (functions, services []*Folder, err error) {
	self := m.Origins[0]
	functions, services = m.walk(self, "functions"), m.walk(self, "shared")
	claimPrivate(functions)
	lent, others, err := m.readOthers(ctx, functions)
	if err != nil {
		return nil, nil, err
	}
	m.checkImports(functions, services)
	return slices.Concat(functions, lent), slices.Concat(services, others), nil
}

// walk reads the packages of a module below its folder top.
func (m *Module) walk(o *Origin, top string) []*Folder {
	return m.walkDir(o, filepath.Join(o.Root, top))
}

// walkDir reads the packages in and below a folder of a module. Of other modules than this
// one it reports nothing but what cannot be read.
func (m *Module) walkDir(o *Origin, start string) []*Folder {
	var folders []*Folder
	street := filepath.Dir(start) == o.Root // functions/ and shared/ hold packages only
	err := filepath.WalkDir(start, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case street && m.Own(o) && !d.IsDir() && filepath.Dir(file) == start && filepath.Ext(name) == ".go":
			m.Report(token.Position{Filename: file},
				"a Go file may not stand directly in %s/: move it into a folder of its own", filepath.Base(start))
		case !d.IsDir() || street && file == start:
		case name == "testdata" || name[0] == '.' || name[0] == '_':
			return fs.SkipDir
		case isModule(file):
			if m.Own(o) && filepath.Base(start) == "functions" {
				m.Report(token.Position{Filename: filepath.Join(file, "go.mod")},
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
		m.Report(token.Position{Filename: start}, "cannot be read: %v", err)
	}
	return folders
}

// isModule reports whether dir is the root of another module.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// read parses the package of o in dir, without its tests. It returns nil if there is none.
func (m *Module) read(o *Origin, dir string) *Folder {
	below, _ := o.within(dir)
	f := &Folder{Origin: o, Dir: below, Path: path.Join(o.path, below)}
	p, err := build.ImportDir(dir, 0)
	if _, ok := errors.AsType[*build.NoGoError](err); ok {
		if Top(f.Dir) == "functions" && len(p.IgnoredGoFiles) > 0 {
			m.Report(token.Position{Filename: filepath.Join(dir, p.IgnoredGoFiles[0])},
				"no Go file of %s is built on %s/%s: this one is left out by its name or its build constraint",
				f.Dir, build.Default.GOOS, build.Default.GOARCH)
		}
		return nil
	}
	if several, ok := errors.AsType[*build.MultiplePackageError](err); ok {
		m.Report(token.Position{Filename: filepath.Join(dir, several.Files[1])},
			"%s has two packages, %s (%s) and %s: a folder is one package",
			f.Dir, several.Packages[0], several.Files[0], several.Packages[1])
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
		m.Report(token.Position{Filename: dir}, "%v", err)
	}
	if len(f.Files) == 0 {
		return nil
	}
	f.Plain = len(p.CgoFiles)+len(p.IgnoredGoFiles)+len(p.EmbedPatterns) == 0
	return f
}

func (m *Module) parse(f *Folder, name string) {
	var file *ast.File
	text, err := os.ReadFile(name)
	if err == nil {
		file, err = parser.ParseFile(m.fset, name, text, mode(text))
	}
	if file != nil && file.Name != nil {
		f.Files = append(f.Files, file)
	}
	var list scanner.ErrorList
	switch {
	case errors.As(err, &list):
		for _, e := range list {
			m.Report(e.Pos, "%s", e.Msg)
		}
	case err != nil:
		m.Report(token.Position{Filename: name}, "%v", err)
	}
	f.partial = f.partial || err != nil
}

// mode returns how to parse a file with this text: with its comments if one of them may say
// something to tools.
func mode(text []byte) parser.Mode {
	if bytes.Contains(text, []byte(Directive)) || bytes.Contains(text, []byte("DO NOT EDIT.")) {
		return parser.SkipObjectResolution | parser.ParseComments
	}
	return parser.SkipObjectResolution
}

// requirement returns the version that a go.mod requires of the module path, and whether
// it requires that module. The version is "" if another module or a folder stands in its
// place.
func requirement(mod *modfile.File, path string) (version string, required bool) {
	for _, r := range mod.Require {
		if r.Mod.Path == path {
			version, required = r.Mod.Version, true
		}
	}
	for _, r := range mod.Replace {
		if r.Old.Path == path {
			version = ""
		}
	}
	return version, required
}

// Generator returns the name of the generator for the first line of the catalog: a package of the
// framework, and the version that go.mod asks for.
func (m *Module) Generator() string {
	return strings.TrimSpace(m.Contract("router/internal/generate") + " " + m.Version)
}
