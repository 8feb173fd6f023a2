package source

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
func (f *Folder) lender() (importPath string, at token.Pos) {
	for file, spec := range f.declarations() {
		t, ok := spec.(*ast.TypeSpec)
		if !ok || t.Name.Name != "Function" || !t.Assign.IsValid() {
			continue
		}
		if sel, ok := t.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Function" {
			return ImportOf(file, sel.X), t.Pos()
		}
	}
	return "", token.NoPos
}

// ImportOf returns the import path of the package that a file calls x; "" if x is none. It assumes
// that a package has the name of its folder.
func ImportOf(file *ast.File, x ast.Expr) string {
	id, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if spec.Name != nil && spec.Name.Name == id.Name || spec.Name == nil && LastWord(p) == id.Name {
			return p
		}
	}
	return ""
}

// borrows returns the import path of the function that f lends. It is "" if f has a
// Function of its own, or one of a package that is no function.
func (m *Module) borrows(f *Folder) string {
	p, _ := f.lender()
	dir := m.local(p)
	if sub, ok := strings.CutPrefix(p, m.Framework+"/"); dir == "" && ok {
		dir = sub
	}
	if dir == "" && strings.Contains(p, "/functions/") {
		return p // of a module that is not known yet
	}
	if Top(dir) == "functions" {
		return p
	}
	return ""
}

// readLent reads the functions that are lent, with the folders that are private to them.
func (m *Module) readLent(ctx context.Context, functions []*Folder) (lent []*Folder, err error) {
	borrowers := slices.DeleteFunc(slices.Clone(functions), func(f *Folder) bool { return f.Owner != nil })
	for len(borrowers) > 0 {
		borrowers = slices.DeleteFunc(borrowers, func(f *Folder) bool { return m.borrows(f) == "" })
		places, err := m.find(ctx, borrowers)
		if err != nil {
			return nil, err
		}
		var lenders []*Folder
		for _, f := range borrowers {
			folders := m.lend(f, functions, places[m.borrows(f)])
			lent = append(lent, folders...)
			if f.Lends != nil {
				lenders = append(lenders, f.Lends)
			}
		}
		borrowers = lenders // some of which are lent themselves
	}
	return lent, nil
}

// lend reads the function that f lends, which is at place unless it is one of functions,
// and what is private to it.
func (m *Module) lend(f *Folder, functions []*Folder, place found) []*Folder {
	borrower := f
	if f.As != nil {
		borrower = f.As
	} else {
		m.checkLoan(f)
	}
	folders := m.readLender(f, functions, place)
	circle := len(folders) > 0 && borrower.hasLent(folders[0].Path)
	if circle {
		_, at := f.lender()
		m.Report(m.At(at), "%s lends itself, by way of others or at once: only a function that is somewhere can be lent", borrower.Dir)
	}
	if circle || len(folders) == 0 {
		f.partial = true
		return nil
	}
	f.Lends = folders[0]
	if f == borrower {
		m.lending = append(m.lending, f)
	}
	for _, g := range folders {
		g.As = borrower
	}
	return folders
}

// hasLent reports whether f lends the function at importPath already, so that functions
// lend each other in a circle: that cannot compile.
func (f *Folder) hasLent(importPath string) bool {
	for g := f; g != nil; g = g.Lends {
		if g.Path == importPath {
			return true
		}
	}
	return false
}

// readLender returns the function that f lends and after it the folders that are private
// to it. It reports why there is none.
func (m *Module) readLender(f *Folder, functions []*Folder, place found) []*Folder {
	importPath, at := f.lender()
	if i := slices.IndexFunc(functions, func(g *Folder) bool { return g.Path == importPath }); i >= 0 {
		lender := *functions[i] // which stays a function of its own
		return []*Folder{&lender}
	}
	if place.Error != nil || place.Module == nil {
		m.missing[importPath] = true
		m.Report(m.At(at), "%s", m.absent(f, importPath))
		return nil
	}
	all := m.walkDir(m.originOf(place), place.Dir)
	claimPrivate(all)
	i := slices.IndexFunc(all, func(g *Folder) bool { return g.Path == importPath })
	if i < 0 {
		m.Report(m.At(at), "%s lends %s, which cannot be read", f.Dir, importPath)
		return nil
	}
	lender := all[i]
	folders := []*Folder{lender}
	for _, g := range all {
		if g.Owner != nil && g.Owner.Dir == lender.Dir {
			g.Owner = lender
			folders = append(folders, g)
		}
	}
	return folders
}

// absent says what is to be done about a function that f lends and nobody has.
func (m *Module) absent(f *Folder, importPath string) string {
	for mod := importPath; mod != "."; mod = path.Dir(mod) {
		version, required := requirement(m.mod, mod)
		if !required {
			continue
		}
		return f.Dir + " lends " + importPath + ", and there is no such function in " + strings.TrimSpace(mod+" "+version) +
			". Remove the folder (git rm -r " + f.Dir + "), or make the function your own: go back to the version that had it " +
			"(go get " + mod + "@…), copy it (go tool switchyard own " + f.Name() + "), and take this version again"
	}
	if m.local(importPath) != "" {
		return f.Dir + " lends " + m.local(importPath) + ", and there is no such function"
	}
	return f.Dir + " lends " + importPath + ", and go.mod requires no module that has it: run go get " + importPath
}

// checkLoan reports what a folder that lends a function has besides.
func (m *Module) checkLoan(f *Folder) {
	const want = "a folder that lends a function has its Function and its Spec, and nothing else: take this out, " +
		"make the function your own (go tool switchyard own %s), and put it back into the copy"
	for _, file := range f.Files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok {
				m.Report(m.At(d.Pos()), want, f.Name())
			}
		}
	}
	for _, spec := range f.declarations() {
		if !specDeclares(spec, "Function") && !specDeclares(spec, "Spec") {
			m.Report(m.At(spec.Pos()), want, f.Name())
		}
	}
}

// lentAt returns the folders that lend the function which the file is a part of. A file of
// this module has no need of them.
func (m *Module) lentAt(file string) (folders []*Folder) {
	for _, f := range m.lending {
		for g := f.Lends; g != nil; g = g.Lends {
			if rel, ok := g.within(file); ok && !m.Own(g.Origin) && strings.HasPrefix(rel, g.Dir+"/") {
				folders = append(folders, f)
				break
			}
		}
	}
	return folders
}
