package source

import (
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Folder is a package of functions/ or shared/, read from its source.
type Folder struct {
	*Origin
	Dir   string // below the root of its module: "functions/api/hello"
	Path  string // the import path
	Files []*ast.File
	// Plain says that Files is all that the go command would tell of the package: no file has
	// build constraints or uses C, and none embeds others.
	Plain bool
	// partial means that the source could not be read as a whole; what is wrong
	// has been reported.
	partial bool
	// Owner is the function to which this folder is private; nil if it is a function itself, or
	// private to none.
	Owner *Folder
	// A folder of the project that lends a function, and the folder of that function, point to
	// each other: As leads to the folder that lends, Lends to the function. Both are nil in all
	// other folders.
	As, Lends *Folder

	// Closely says that the meaning of each name in the folder is needed: [Module.Load] then
	// type-checks it from source, whatever it is.
	Closely bool

	Pkg  *types.Package
	Info *types.Info // of what was checked from source: functions, and what has to do with events
}

// Value returns the expression that the variable name starts with, or nil.
func (f *Folder) Value(name string) ast.Expr {
	for _, spec := range f.declarations() {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		i := slices.IndexFunc(v.Names, func(id *ast.Ident) bool { return id.Name == name })
		if i >= 0 && len(v.Values) == len(v.Names) {
			return ast.Unparen(v.Values[i])
		}
	}
	return nil
}

// Function returns the declaration of the function name.
func (f *Folder) Function(name string) *ast.FuncDecl {
	for _, file := range f.Files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == name {
				return d
			}
		}
	}
	return nil
}

// MayBeService reports whether f, a package of shared/, declares what could be the Open of a service.
func (f *Folder) MayBeService() bool {
	return !strings.HasSuffix(f.Dir, "test") &&
		!slices.Contains(strings.Split(f.Dir, "/"), "internal") && f.Declares("Open")
}

// hasEvents reports whether f has to be read from source for what it says of
// events. It looks at the words alone.
func (f *Folder) hasEvents() bool {
	return !strings.HasSuffix(f.Dir, "test") && (f.publishes() || f.namesEvents())
}

// publishes reports whether f calls something that is called Publish.
func (f *Folder) publishes() bool {
	found := false
	for _, file := range f.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			found = found || ok && s.Sel.Name == "Publish"
			return !found
		})
	}
	return found
}

// namesEvents reports whether f has a method EventName.
func (f *Folder) namesEvents() bool {
	for _, file := range f.Files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv != nil && d.Name.Name == "EventName" {
				return true
			}
		}
	}
	return false
}

// Publisher returns the name of f in the list of who publishes an event: of a function its name, of
// a service its folder.
func (f *Folder) Publisher() string {
	switch {
	case f.Owner != nil:
		return f.Owner.Name()
	case Top(f.Dir) == "functions":
		return f.Name()
	}
	dir, _, _ := strings.Cut(f.Dir, "/internal/")
	return dir
}

// looksLikeFunction reports whether f is meant to be a function, complete or not.
func (f *Folder) looksLikeFunction() bool { return f.Declares("Spec") || f.Declares("Function") }

// Declares reports whether f declares name at the top level.
func (f *Folder) Declares(name string) bool {
	for _, spec := range f.declarations() {
		if specDeclares(spec, name) {
			return true
		}
	}
	return f.Function(name) != nil
}

// declarations yields the types, variables and constants that f declares at the top level.
func (f *Folder) declarations() iter.Seq2[*ast.File, ast.Spec] {
	return func(yield func(*ast.File, ast.Spec) bool) {
		for _, file := range f.Files {
			for _, decl := range file.Decls {
				d, ok := decl.(*ast.GenDecl)
				if !ok || d.Tok == token.IMPORT {
					continue
				}
				for _, spec := range d.Specs {
					if !yield(file, spec) {
						return
					}
				}
			}
		}
	}
}

func specDeclares(spec ast.Spec, name string) bool {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return s.Name.Name == name
	case *ast.ValueSpec:
		return slices.ContainsFunc(s.Names, func(id *ast.Ident) bool { return id.Name == name })
	}
	return false
}

// Imports calls use with each import of f.
func (f *Folder) Imports(use func(importPath string, pos token.Pos)) {
	for _, file := range f.Files {
		for _, spec := range file.Imports {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil {
				use(p, spec.Pos())
			}
		}
	}
}

// Name returns the folder's name below functions/ or shared/: "api/hello". A function that
// is lent has the name that it has here.
func (f *Folder) Name() string {
	if f.As != nil {
		return f.As.Name()
	}
	_, name, _ := strings.Cut(f.Dir, "/")
	return name
}

// Below reports whether f lies below g.
func (f *Folder) Below(g *Folder) bool { return strings.HasPrefix(f.Dir, g.Dir+"/") }

// Start returns where the package begins. Problems without a better position are reported there.
func (f *Folder) Start() token.Pos { return f.Files[0].Name.Pos() }

// ImportPath returns the path of the package in which the project has f.
func (f *Folder) ImportPath() string {
	if f.As != nil {
		return f.As.Path
	}
	return f.Path
}
