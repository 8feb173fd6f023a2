package source

import (
	"go/token"
	"path"
	"slices"
	"strings"
)

// claimPrivate finds the folders below functions/ that are no functions but private to
// one: those below an internal folder, and those without Spec and Function that
// the function above imports, itself or through another private folder.
func claimPrivate(folders []*Folder) {
	byPath := map[string]*Folder{}
	for _, f := range folders {
		byPath[f.Path] = f
	}
	var claim func(owner, f *Folder)
	claim = func(owner, f *Folder) {
		f.Imports(func(path string, _ token.Pos) {
			if p := byPath[path]; p != nil && p.Owner == nil && p.Below(owner) && !p.looksLikeFunction() {
				p.Owner = owner
				claim(owner, p)
			}
		})
	}
	for _, f := range folders {
		if i := slices.Index(strings.Split(f.Dir, "/"), "internal"); i > 0 {
			// The folder above internal, whether or not there is a package in it.
			top := strings.Join(strings.Split(f.Dir, "/")[:i], "/")
			f.Owner = &Folder{Origin: f.Origin, Dir: top}
		}
	}
	for _, f := range folders {
		owner := f
		if f.Owner != nil {
			owner = f.Owner
		}
		claim(owner, f)
	}
}

// checkImports reports what functions and services may not import.
func (m *Module) checkImports(functions, services []*Folder) {
	for _, f := range functions {
		f.Imports(func(path string, pos token.Pos) {
			if problem := m.forbidden(f, path, functions); problem != "" {
				m.Report(m.At(pos), "%s", problem)
			}
		})
	}
	for _, f := range services {
		f.Imports(func(path string, pos token.Pos) {
			if o, dir := m.Holding(path); o != nil && m.Own(f.Origin) && (Top(dir) == "functions" || Top(dir) == "router") {
				m.Report(m.At(pos), "%s imports %s: shared/ may import neither functions/ nor router/, which build on it", f.Dir, m.Shown(o, dir))
			}
		})
	}
}

// forbidden says why f may not import path, or "" if it may.
func (m *Module) forbidden(f *Folder, path string, functions []*Folder) string {
	if !m.Own(f.Origin) {
		return ""
	}
	if path == m.borrows(f) {
		return ""
	}
	if o, dir := m.Holding(path); o != nil && !m.Own(o) {
		return m.forbiddenOf(f, o, dir)
	}
	dir := m.local(path)
	switch Top(dir) {
	case "", "shared":
		return ""
	case "router":
		return f.Dir + " imports " + dir + ": a function knows nothing of the router that runs it; what both need belongs into shared/"
	case "functions":
	default:
		return f.Dir + " imports " + dir + ": of this module, a function may import shared/ alone"
	}
	owner := f
	if f.Owner != nil {
		owner = f.Owner
	}
	i := slices.IndexFunc(functions, func(g *Folder) bool { return g.Path == path })
	switch {
	case i < 0: // there is no such package, as the type checker will say
		return ""
	case functions[i].Owner == nil:
		return f.Dir + " imports the function " + functions[i].Name() +
			": functions do not call each other; publish an event that the other runs on, or move what both need into shared/"
	case !functions[i].Below(owner):
		return f.Dir + " imports " + dir + ", which is not its own: what several functions need belongs into shared/"
	}
	return ""
}

// forbiddenOf says why f may not import the package of o, another module, in the folder
// dir there, or "" if it may.
func (m *Module) forbiddenOf(f *Folder, o *Origin, dir string) string {
	path := o.path + "/" + dir
	switch {
	case Top(dir) == "functions":
		return f.Dir + " imports the function " + path + ": functions do not call each other. " +
			"To have it as your own function, lend it in a folder of its own, with type Function = X.Function and var Spec = X.Spec"
	case Top(dir) == "router":
		return f.Dir + " imports " + path + ": a function knows nothing of the router that runs it"
	case o.path == m.Framework && Top(dir) != "shared":
		return f.Dir + " imports " + path + ": of the framework, a function may import shared/ alone"
	}
	return ""
}

// Shown returns a folder of o as messages show it: without the module if it is this one.
func (m *Module) Shown(o *Origin, dir string) string {
	if m.Own(o) {
		return dir
	}
	return o.path + "/" + dir
}

// local returns the folder of a package of this module, or "" if it is another's.
func (m *Module) local(path string) string {
	if path == m.Path {
		return "."
	}
	dir, ok := strings.CutPrefix(path, m.Path+"/")
	if !ok {
		return ""
	}
	return dir
}

// Top returns the first folder of dir.
func Top(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// LastWord returns what the package in the folder dir is called.
func LastWord(dir string) string { return strings.ReplaceAll(path.Base(dir), "-", "") }
