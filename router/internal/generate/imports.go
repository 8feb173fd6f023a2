package generate

import (
	"go/ast"
	"go/token"
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
	for _, file := range f.files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == name {
					return true
				}
			case *ast.GenDecl:
				if slices.ContainsFunc(d.Specs, func(s ast.Spec) bool { return specDeclares(s, name) }) {
					return true
				}
			}
		}
	}
	return false
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
			if dir := m.local(path); top(dir) == "functions" || top(dir) == "router" {
				m.report(m.at(pos), "%s imports %s: shared/ may import neither functions/ nor router/, which build on it", f.dir, dir)
			}
		})
	}
}

// forbidden says why f may not import path, or "" if it may.
func (m *module) forbidden(f *folder, path string, functions []*folder) string {
	if !m.own(f.origin) {
		return ""
	}
	dir := m.local(path)
	if sub, ok := strings.CutPrefix(path, m.framework+"/"); ok && m.framework != m.path {
		return f.forbiddenOf(path, sub)
	}
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

// forbiddenOf says why f may not import a package of the framework, which stands in the
// folder dir there, or "" if it may.
func (f *folder) forbiddenOf(path, dir string) string {
	lends, _ := f.lender()
	switch {
	case top(dir) == "shared", path == lends:
		return ""
	case top(dir) == "functions":
		return f.dir + " imports the function " + path + ": functions do not call each other. " +
			"To have it as your own function, lend it in a folder of its own, with type Function = X.Function and var Spec = X.Spec"
	}
	return f.dir + " imports " + path + ": of the framework, a function may import shared/ alone"
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
