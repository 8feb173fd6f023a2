package source

import (
	"fmt"
	"go/ast"
	"path"
)

// Function is a function of the project.
type Function struct {
	Name  string
	Route string // of an endpoint or a page; "" if it is not known
	// Lent is the import path of the package that it is lent from; "" if its source is the
	// project's own.
	Lent string
}

// Functions returns the functions of the project, in the order of their names.
func (p *Project) Functions() []Function {
	var all []Function
	for _, name := range p.Names() {
		if v, ok := p.function(name).value("Spec"); ok {
			all = append(all, p.read(Function{Name: name}, v, 0))
		}
	}
	return all
}

// read adds to f what its Spec says.
func (p *Project) read(f Function, spec place, level int) Function {
	if level > depth {
		return f
	}
	switch e := ast.Unparen(spec.expr).(type) {
	case *ast.CompositeLit:
		f.Route = p.route(spec, e)
	case *ast.SelectorExpr: // auth.Spec
		x, ok := e.X.(*ast.Ident)
		if !ok {
			return f
		}
		if f.Lent == "" {
			f.Lent = imported(spec.file, x.Name)
		}
		if v, ok := p.lookup(place{e, spec.file, spec.pkg}); ok {
			f = p.read(f, v, level+1)
		}
	case *ast.CallExpr: // fn.Change(auth.Spec, func(s *fn.Page) { s.Route = "…" })
		if len(e.Args) == 0 {
			return f
		}
		f = p.read(f, place{e.Args[0], spec.file, spec.pkg}, level+1)
		if route, ok := p.assigned(spec, e.Args[1:]); ok {
			f.Route = route
		}
	}
	return f
}

// route returns the Route in a literal, or "".
func (p *Project) route(at place, literal *ast.CompositeLit) string {
	for _, element := range literal.Elts {
		kv, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if id, ok := kv.Key.(*ast.Ident); ok && id.Name == "Route" {
			route, _ := p.text(place{kv.Value, at.file, at.pkg}, 0)
			return route
		}
	}
	return ""
}

// assigned returns what the functions in args assign to a Route.
func (p *Project) assigned(at place, args []ast.Expr) (route string, ok bool) {
	for _, arg := range args {
		ast.Inspect(arg, func(n ast.Node) bool {
			a, is := n.(*ast.AssignStmt)
			if !is || len(a.Lhs) != 1 || len(a.Rhs) != 1 {
				return true
			}
			if s, is := a.Lhs[0].(*ast.SelectorExpr); is && s.Sel.Name == "Route" {
				route, ok = p.text(place{a.Rhs[0], at.file, at.pkg}, 0)
			}
			return true
		})
	}
	return route, ok
}

// Lend returns the source of a function that is that of another module.
func Lend(module, name string) string {
	pkg := path.Base(name)
	return fmt.Sprintf(`// Package %s is lent by %s.
package %[1]s

import "%[2]s/functions/%[3]s"

var Spec = %[1]s.Spec

type Function = %[1]s.Function
`, pkg, module, name)
}
