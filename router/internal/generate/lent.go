package generate

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A function is lent if its folder has, of another module's function,
//
//	type Function = signin.Function
//	var Spec = signin.Spec
//
// All else is read from the source of the lender.

// lender returns the import path of the package whose Function f has by an alias, and
// where it has it. It is "" if f has a Function of its own.
func (f *folder) lender() (importPath string, at token.Pos) {
	for _, file := range f.files {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range d.Specs {
				t, ok := s.(*ast.TypeSpec)
				if !ok || t.Name.Name != "Function" || !t.Assign.IsValid() {
					continue
				}
				if sel, ok := t.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Function" {
					return importOf(file, sel.X), t.Pos()
				}
			}
		}
	}
	return "", token.NoPos
}

// importOf returns the import path of what a file calls x, or "".
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
		if spec.Name != nil && spec.Name.Name == id.Name || spec.Name == nil && path.Base(p) == id.Name {
			return p
		}
	}
	return ""
}

// readOthers reads the source of the modules that this one builds on: the services of the
// framework, and the functions that are lent along with the services of their modules. It
// returns the folders of lent functions, with those that are private to them.
func (m *module) readOthers(ctx context.Context, functions []*folder) (lent, services []*folder, err error) {
	var paths []string
	for _, f := range functions {
		if p, _ := f.lender(); p != "" && m.local(p) == "" {
			paths = append(paths, p)
		}
	}
	if m.framework != m.path {
		paths = append(paths, m.contract("shared/fn"))
	}
	if len(paths) == 0 {
		return nil, nil, nil
	}
	places, err := m.find(ctx, paths)
	if err != nil {
		return nil, nil, err
	}
	if at := places[m.contract("shared/fn")]; m.framework != m.path {
		if at.Error != nil || at.Module == nil {
			return nil, nil, fmt.Errorf("the project requires no %s: run go get %s", m.framework, m.framework)
		}
		m.originOf(at)
	}
	for _, f := range functions {
		if p, at := f.lender(); p != "" && m.local(p) == "" {
			lent = append(lent, m.lend(f, places[p], at)...)
		}
	}
	for _, o := range m.origins[1:] {
		services = append(services, m.walk(o, "shared")...)
	}
	return lent, services, nil
}

// lend reads the function that f lends, which is at place, and what is private to it.
func (m *module) lend(f *folder, place found, at token.Pos) []*folder {
	importPath, _ := f.lender()
	if place.Error != nil || place.Module == nil {
		m.report(m.at(at), "%s lends %s, and there is no such function: a version of the module that has it is still in the go command's cache, "+
			"so that you can keep it as your own (go get the version before, go tool switchyard own %s), or else remove it (git rm -r %s)",
			f.dir, importPath, f.name(), f.dir)
		f.partial = true
		return nil
	}
	o := m.originOf(place)
	all := m.walkDir(o, place.Dir)
	i := slices.IndexFunc(all, func(g *folder) bool { return g.path == importPath })
	if i < 0 {
		m.report(m.at(at), "%s lends %s, which cannot be read", f.dir, importPath)
		f.partial = true
		return nil
	}
	lender := all[i]
	lender.as, f.lends = f, lender
	m.lending = append(m.lending, f)
	all = slices.DeleteFunc(all, func(g *folder) bool {
		return g != lender && !strings.Contains(strings.TrimPrefix(g.dir, lender.dir), "/internal")
	})
	for _, g := range all {
		if g != lender {
			g.owner = lender
		}
	}
	return all
}

// lendSpec reads what of the Spec of f, which is lent, is another one here.
func (m *module) lendSpec(f *function) {
	if f.as.info == nil {
		return
	}
	f.changes = m.readChange(f.as)
	maps.Copy(f.info.Types, f.as.info.Types)
	if obj := f.as.pkg.Scope().Lookup("Spec"); obj != nil {
		f.specAt = m.at(obj.Pos())
	}
}

// lentAt returns the folder that lends the function which the file is a part of, or nil if
// there is none.
func (m *module) lentAt(file string) *folder {
	for _, f := range m.lending {
		if rel, ok := f.lends.within(file); ok && strings.HasPrefix(rel, f.lends.dir+"/") {
			return f
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

// readChange returns the elements of a Spec that differ from the lender's: those that
//
//	var Spec = fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "GET /login" })
//
// assigns.
func (m *module) readChange(f *folder) map[string]ast.Expr {
	value := f.value("Spec")
	switch v := value.(type) {
	case *ast.SelectorExpr:
		if v.Sel.Name == "Spec" {
			return nil
		}
	case *ast.CallExpr:
		if changes, ok := assignments(v); ok {
			return changes
		}
	}
	pos := f.start()
	if value != nil {
		pos = value.Pos()
	}
	m.report(m.at(pos), "the Spec of a lent function is the lender's, as in var Spec = signin.Spec, or a change of it that can be read before anything runs: "+
		`var Spec = fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "GET /login" })`)
	return nil
}

// assignments returns what the function in a call of fn.Change assigns, by field. It is
// false if the call is another, or the function does more.
func assignments(call *ast.CallExpr) (map[string]ast.Expr, bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Change" || len(call.Args) != 2 {
		return nil, false
	}
	literal, ok := call.Args[1].(*ast.FuncLit)
	if !ok || len(literal.Type.Params.List) != 1 || len(literal.Type.Params.List[0].Names) != 1 {
		return nil, false
	}
	name := literal.Type.Params.List[0].Names[0].Name
	changes := map[string]ast.Expr{}
	for _, stmt := range literal.Body.List {
		a, ok := stmt.(*ast.AssignStmt)
		if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != len(a.Rhs) {
			return nil, false
		}
		for i := range a.Lhs {
			field, ok := a.Lhs[i].(*ast.SelectorExpr)
			if !ok {
				return nil, false
			}
			if id, ok := field.X.(*ast.Ident); !ok || id.Name != name {
				return nil, false
			}
			changes[field.Sel.Name] = a.Rhs[i]
		}
	}
	return changes, true
}
