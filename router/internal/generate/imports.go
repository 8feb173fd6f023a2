package generate

import (
	"go/ast"
	"go/token"
	"iter"
	"slices"
	"strings"
)

// own finds the folders below functions/ that are no functions but private to
// one: those below an internal folder, and those without Spec and Function that
// the function above imports, itself or through another private folder.
func own(folders []*folder) {
	byPath := map[string]*folder{}
	for _, f := range folders {
		byPath[f.path] = f
	}
	var claim func(owner, f *folder)
	claim = func(owner, f *folder) {
		f.imports(func(path string, _ token.Pos) {
			if p := byPath[path]; p != nil && p.owner == nil && p.below(owner) && !p.looksLikeFunction() {
				p.owner = owner
				claim(owner, p)
			}
		})
	}
	for _, f := range folders {
		if i := slices.Index(strings.Split(f.dir, "/"), "internal"); i > 0 {
			// The folder above internal, whether or not there is a package in it.
			top := strings.Join(strings.Split(f.dir, "/")[:i], "/")
			f.owner = &folder{origin: f.origin, dir: top}
		}
	}
	for _, f := range folders {
		owner := f
		if f.owner != nil {
			owner = f.owner
		}
		claim(owner, f)
	}
}

// looksLikeFunction reports whether f is meant to be a function, complete or not.
func (f *folder) looksLikeFunction() bool { return f.declares("Spec") || f.declares("Function") }

// declares reports whether f declares name at the top level.
func (f *folder) declares(name string) bool {
	for _, spec := range f.declarations() {
		if specDeclares(spec, name) {
			return true
		}
	}
	return f.function(name) != nil
}

// declarations yields the types, variables and constants that f declares at the top level.
func (f *folder) declarations() iter.Seq2[*ast.File, ast.Spec] {
	return func(yield func(*ast.File, ast.Spec) bool) {
		for _, file := range f.files {
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

// checkImports reports what functions and services may not import.
func (m *module) checkImports(functions, services []*folder) {
	for _, f := range functions {
		f.imports(func(path string, pos token.Pos) {
			if problem := m.forbidden(f, path, functions); problem != "" {
				m.report(m.at(pos), "%s", problem)
			}
		})
	}
	for _, f := range services {
		f.imports(func(path string, pos token.Pos) {
			if o, dir := m.holding(path); o != nil && m.own(f.origin) && (top(dir) == "functions" || top(dir) == "router") {
				m.report(m.at(pos), "%s imports %s: shared/ may import neither functions/ nor router/, which build on it", f.dir, m.shown(o, dir))
			}
		})
	}
}

// forbidden says why f may not import path, or "" if it may.
func (m *module) forbidden(f *folder, path string, functions []*folder) string {
	if !m.own(f.origin) {
		return ""
	}
	if path == m.borrows(f) {
		return ""
	}
	if o, dir := m.holding(path); o != nil && !m.own(o) {
		return m.forbiddenOf(f, o, dir)
	}
	dir := m.local(path)
	switch top(dir) {
	case "", "shared":
		return ""
	case "router":
		return f.dir + " imports " + dir + ": a function knows nothing of the router that runs it; what both need belongs into shared/"
	case "functions":
	default:
		return f.dir + " imports " + dir + ": of this module, a function may import shared/ alone"
	}
	owner := f
	if f.owner != nil {
		owner = f.owner
	}
	i := slices.IndexFunc(functions, func(g *folder) bool { return g.path == path })
	switch {
	case i < 0: // there is no such package, as the type checker will say
		return ""
	case functions[i].owner == nil:
		return f.dir + " imports the function " + functions[i].name() +
			": functions do not call each other; publish an event that the other runs on, or move what both need into shared/"
	case !functions[i].below(owner):
		return f.dir + " imports " + dir + ", which is not its own: what several functions need belongs into shared/"
	}
	return ""
}

// forbiddenOf says why f may not import the package of o, another module, in the folder
// dir there, or "" if it may.
func (m *module) forbiddenOf(f *folder, o *origin, dir string) string {
	path := o.path + "/" + dir
	switch {
	case top(dir) == "functions":
		return f.dir + " imports the function " + path + ": functions do not call each other. " +
			"To have it as your own function, lend it in a folder of its own, with type Function = X.Function and var Spec = X.Spec"
	case top(dir) == "router":
		return f.dir + " imports " + path + ": a function knows nothing of the router that runs it"
	case o.path == m.framework && top(dir) != "shared":
		return f.dir + " imports " + path + ": of the framework, a function may import shared/ alone"
	}
	return ""
}

// shown returns a folder of o as messages show it: without the module if it is this one.
func (m *module) shown(o *origin, dir string) string {
	if m.own(o) {
		return dir
	}
	return o.path + "/" + dir
}

// local returns the folder of a package of this module, or "" if it is another's.
func (m *module) local(path string) string {
	if path == m.path {
		return "."
	}
	dir, ok := strings.CutPrefix(path, m.path+"/")
	if !ok {
		return ""
	}
	return dir
}

// top returns the first folder of dir.
func top(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}
