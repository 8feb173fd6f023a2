package function

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"switchyard/router/internal/generate/source"
)

// lendSpec reads what of the Spec of f, which is lent, is another one where it is lent.
func (m *reader) lendSpec(f *Function) {
	f.changes = map[string]ast.Expr{}
	var chain []*source.Folder // from the project's folder towards f
	for g := f.As; g != nil && g.Lends != nil; g = g.Lends {
		chain = append(chain, g)
	}
	for _, g := range slices.Backward(chain) {
		if g.Info == nil {
			continue
		}
		maps.Copy(f.changes, m.readChange(g))
		maps.Copy(f.Info.Types, g.Info.Types)
	}
	if f.As.Pkg == nil {
		return
	}
	obj, ok := f.As.Pkg.Scope().Lookup("Spec").(*types.Var)
	if !ok {
		m.Report(m.At(f.As.Start()), "%s lends a function, but has no Spec: want var Spec = %s.Spec", f.As.Dir, source.LastWord(f.As.Lends.Path))
		return
	}
	f.specAt = m.At(obj.Pos())
}

// readChange returns the elements of the Spec of f that differ from the lender's: those
// that
//
//	var Spec = fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "GET /login" })
//
// assigns.
func (m *reader) readChange(f *source.Folder) map[string]ast.Expr {
	value := f.Value("Spec")
	if value == nil {
		return nil // there is no Spec, or none that compiles, as has been reported
	}
	call, ok := value.(*ast.CallExpr)
	switch {
	case m.isLenders(f, value):
		return nil
	case ok && m.isNamedIn(f, call.Fun, m.Contract("shared/fn"), "Change") && len(call.Args) == 2 && m.isLenders(f, call.Args[0]):
		return m.assignments(call.Args[1])
	}
	m.Report(m.At(value.Pos()), "the Spec of a lent function is the lender's, as in var Spec = signin.Spec, or a change of it that can be read before anything runs: "+
		`var Spec = fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "GET /login" })`)
	return nil
}

// isLenders reports whether e is the Spec of the function that f lends.
func (m *reader) isLenders(f *source.Folder, e ast.Expr) bool {
	return m.isNamedIn(f, e, f.Lends.Path, "Spec")
}

// isNamedIn reports whether e, in a file of f, is what the package importPath calls name.
func (m *reader) isNamedIn(f *source.Folder, e ast.Expr, importPath, name string) bool {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	return ok && sel.Sel.Name == name && slices.ContainsFunc(f.Files, func(file *ast.File) bool {
		return file.FileStart <= e.Pos() && e.Pos() < file.FileEnd && source.ImportOf(file, sel.X) == importPath
	})
}

// assignments returns what the function that is given to fn.Change assigns, by field. It
// reports what cannot be read.
func (m *reader) assignments(e ast.Expr) map[string]ast.Expr {
	const want = `want assignments to whole fields, such as s.Route = "GET /login", so that they can be checked before anything runs`
	literal, ok := ast.Unparen(e).(*ast.FuncLit)
	if !ok {
		m.Report(m.At(e.Pos()), "the change of a Spec is a function that is written down where it is given to fn.Change: %s", want)
		return nil
	}
	name := parameter(literal)
	changes := map[string]ast.Expr{}
	for _, stmt := range literal.Body.List {
		fields := assigned(stmt, name)
		if fields == nil {
			m.Report(m.At(stmt.Pos()), "this change of a Spec cannot be read: %s", want)
		}
		maps.Copy(changes, fields)
	}
	return changes
}

// parameter returns the name of the only parameter of f, or "".
func parameter(f *ast.FuncLit) string {
	if params := f.Type.Params.List; len(params) == 1 && len(params[0].Names) == 1 {
		return params[0].Names[0].Name
	}
	return ""
}

// assigned returns what stmt assigns to fields of the variable name. It is nil if stmt does
// anything else.
func assigned(stmt ast.Stmt, name string) map[string]ast.Expr {
	a, ok := stmt.(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != len(a.Rhs) {
		return nil
	}
	fields := map[string]ast.Expr{}
	for i := range a.Lhs {
		field, ok := a.Lhs[i].(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		if id, ok := field.X.(*ast.Ident); !ok || id.Name != name {
			return nil
		}
		fields[field.Sel.Name] = a.Rhs[i]
	}
	return fields
}
