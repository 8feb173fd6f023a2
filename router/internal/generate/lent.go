package generate

import (
	"context"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A function is lent if its folder has, of another function,
//
//	type Function = signin.Function
//	var Spec = signin.Spec
//
// and nothing else. All else is read from the source of the lender, which may be in this
// module or in another, and may be lent itself.

// lender returns the import path of the package whose Function f has by an alias, and
// where it has it. It is "" if f has a Function of its own.
func (f *folder) lender() (importPath string, at token.Pos) {
	for file, spec := range f.declarations() {
		t, ok := spec.(*ast.TypeSpec)
		if !ok || t.Name.Name != "Function" || !t.Assign.IsValid() {
			continue
		}
		if sel, ok := t.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Function" {
			return importOf(file, sel.X), t.Pos()
		}
	}
	return "", token.NoPos
}

// importOf returns the import path of what a file calls x, or "". It takes it that a
// package is called after its folder.
func importOf(file *ast.File, x ast.Expr) string {
	id, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if spec.Name != nil && spec.Name.Name == id.Name || spec.Name == nil && lastWord(p) == id.Name {
			return p
		}
	}
	return ""
}

// borrows returns the import path of the function that f lends. It is "" if f has a
// Function of its own, or one of a package that is no function.
func (m *module) borrows(f *folder) string {
	p, _ := f.lender()
	dir := m.local(p)
	if sub, ok := strings.CutPrefix(p, m.framework+"/"); dir == "" && ok {
		dir = sub
	}
	if dir == "" && strings.Contains(p, "/functions/") {
		return p // of a module that is not known yet
	}
	if top(dir) == "functions" {
		return p
	}
	return ""
}

// readLent reads the functions that are lent, with the folders that are private to them.
func (m *module) readLent(ctx context.Context, functions []*folder) (lent []*folder, err error) {
	borrowers := slices.DeleteFunc(slices.Clone(functions), func(f *folder) bool { return f.owner != nil })
	for len(borrowers) > 0 {
		borrowers = slices.DeleteFunc(borrowers, func(f *folder) bool { return m.borrows(f) == "" })
		places, err := m.find(ctx, borrowers)
		if err != nil {
			return nil, err
		}
		var lenders []*folder
		for _, f := range borrowers {
			folders := m.lend(f, functions, places[m.borrows(f)])
			lent = append(lent, folders...)
			if f.lends != nil {
				lenders = append(lenders, f.lends)
			}
		}
		borrowers = lenders // some of which are lent themselves
	}
	return lent, nil
}

// lend reads the function that f lends, which is at place unless it is one of functions,
// and what is private to it.
func (m *module) lend(f *folder, functions []*folder, place found) []*folder {
	borrower := f
	if f.as != nil {
		borrower = f.as
	} else {
		m.checkLoan(f)
	}
	folders := m.readLender(f, functions, place)
	circle := len(folders) > 0 && borrower.hasLent(folders[0].path)
	if circle {
		_, at := f.lender()
		m.report(m.at(at), "%s lends itself, by way of others or at once: only a function that is somewhere can be lent", borrower.dir)
	}
	if circle || len(folders) == 0 {
		f.partial = true
		return nil
	}
	f.lends = folders[0]
	if f == borrower {
		m.lending = append(m.lending, f)
	}
	for _, g := range folders {
		g.as = borrower
	}
	return folders
}

// hasLent reports whether f lends the function at importPath already, so that functions
// lend each other in a circle: that cannot compile.
func (f *folder) hasLent(importPath string) bool {
	for g := f; g != nil; g = g.lends {
		if g.path == importPath {
			return true
		}
	}
	return false
}

// readLender returns the function that f lends and after it the folders that are private
// to it. It reports why there is none.
func (m *module) readLender(f *folder, functions []*folder, place found) []*folder {
	importPath, at := f.lender()
	if i := slices.IndexFunc(functions, func(g *folder) bool { return g.path == importPath }); i >= 0 {
		lender := *functions[i] // which stays a function of its own
		return []*folder{&lender}
	}
	if place.Error != nil || place.Module == nil {
		m.missing[importPath] = true
		m.report(m.at(at), "%s", m.absent(f, importPath))
		return nil
	}
	all := m.walkDir(m.originOf(place), place.Dir)
	own(all)
	i := slices.IndexFunc(all, func(g *folder) bool { return g.path == importPath })
	if i < 0 {
		m.report(m.at(at), "%s lends %s, which cannot be read", f.dir, importPath)
		return nil
	}
	lender := all[i]
	folders := []*folder{lender}
	for _, g := range all {
		if g.owner != nil && g.owner.dir == lender.dir {
			g.owner = lender
			folders = append(folders, g)
		}
	}
	return folders
}

// absent says what is to be done about a function that f lends and nobody has.
func (m *module) absent(f *folder, importPath string) string {
	for mod := importPath; mod != "."; mod = path.Dir(mod) {
		version, required := requirement(m.mod, mod)
		if !required {
			continue
		}
		return f.dir + " lends " + importPath + ", and there is no such function in " + strings.TrimSpace(mod+" "+version) +
			". Remove the folder (git rm -r " + f.dir + "), or make the function your own: go back to the version that had it " +
			"(go get " + mod + "@…), copy it (go tool switchyard own " + f.name() + "), and take this version again"
	}
	if m.local(importPath) != "" {
		return f.dir + " lends " + m.local(importPath) + ", and there is no such function"
	}
	return f.dir + " lends " + importPath + ", and go.mod requires no module that has it: run go get " + importPath
}

// checkLoan reports what a folder that lends a function has besides.
func (m *module) checkLoan(f *folder) {
	const want = "a folder that lends a function has its Function and its Spec, and nothing else: to change what it does, " +
		"make it your own (go tool switchyard own %s)"
	for _, file := range f.files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok {
				m.report(m.at(d.Pos()), want, f.name())
			}
		}
	}
	for _, spec := range f.declarations() {
		if !specDeclares(spec, "Function") && !specDeclares(spec, "Spec") {
			m.report(m.at(spec.Pos()), want, f.name())
		}
	}
}

// lentAt returns the folder that lends the function which the file is a part of, or nil if
// there is none. A file of this module has no need of it.
func (m *module) lentAt(file string) *folder {
	for _, f := range m.lending {
		for g := f.lends; g != nil; g = g.lends {
			if rel, ok := g.within(file); ok && !m.own(g.origin) && strings.HasPrefix(rel, g.dir+"/") {
				return f
			}
		}
	}
	return nil
}

// importPath returns the path of the package in which the project has f.
func (f *folder) importPath() string {
	if f.as != nil {
		return f.as.path
	}
	return f.path
}
