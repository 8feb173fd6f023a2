package lint

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// variables refuses the variables of a file that are changed, or are made for that.
func (c *checker) variables(file *ast.File) {
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			for _, id := range s.(*ast.ValueSpec).Names { //nolint:forcetypeassert // all of a var are
				if how := cmp.Or(c.changed[id.Name], c.madeToChange(id.Name)); how != "" {
					c.refuse(id, variableRule, "the variable "+id.Name+", "+how+",")
				}
			}
		}
	}
}

// madeToChange says by what in its type the variable called name is made to be changed by
// several at once; "" if it is not.
func (c *checker) madeToChange(name string) string {
	obj := c.folder.Pkg.Scope().Lookup(name)
	if obj == nil {
		return ""
	}
	has := (state{c, map[types.Type]bool{}}).in(obj.Type())
	if has == "" {
		return ""
	}
	return "which has a " + has
}

// state finds what types have that is made to be changed.
type state struct {
	*checker
	seen map[types.Type]bool
}

// in returns what t has that is made to be changed by several at once; "" if it has nothing
// of that. Into types of Go's own library it does not look.
func (s state) in(t types.Type) string {
	t = types.Unalias(t)
	if s.seen[t] {
		return ""
	}
	s.seen[t] = true
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil {
		switch p := n.Obj().Pkg().Path(); {
		case p == "sync", p == "sync/atomic":
			return n.Obj().Pkg().Name() + "." + n.Obj().Name()
		case !s.Reads(p) && !strings.Contains(firstFolder(p), "."):
			return ""
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Chan:
		return "channel"
	case *types.Pointer:
		return s.in(u.Elem())
	case *types.Slice:
		return s.in(u.Elem())
	case *types.Array:
		return s.in(u.Elem())
	case *types.Map:
		return s.in(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if has := s.in(f.Type()); has != "" {
				return has
			}
		}
	}
	return ""
}

func firstFolder(importPath string) string {
	first, _, _ := strings.Cut(importPath, "/")
	return first
}

// writes notes what changes a variable of a package, or lets others change it, once the
// program has begun.
func (c *checker) writes(n ast.Node, at place) {
	if !at.runs() {
		return
	}
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			c.written(n.Lhs...)
		}
	case *ast.IncDecStmt:
		c.written(n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			c.written(n.Key, n.Value)
		}
	case *ast.UnaryExpr:
		if v := c.variable(n.X); n.Op == token.AND && v != nil {
			c.changes(v, n, "whose address is taken")
		}
	case *ast.CallExpr:
		c.called(n)
	}
}

// changes notes how v is changed at n. That of another package is refused at once.
func (c *checker) changes(v *types.Var, n ast.Node, how string) {
	at := c.At(n.Pos())
	switch {
	case v.Pkg().Path() != c.folder.Path:
		c.refuse(n, variableRule, "the variable "+v.Pkg().Name()+"."+v.Name()+", "+how+" here,")
	case c.changed[v.Name()] == "":
		c.changed[v.Name()] = how + " in " + c.Where(at)
	}
}

// written notes what is assigned to those of all that are, or are a part of, a variable of a
// package.
func (c *checker) written(all ...ast.Expr) {
	for _, x := range all {
		if v := c.variable(x); v != nil {
			c.changes(v, x, "which is changed")
		}
	}
}

// called notes calls that change a variable of a package: of Go's own functions that
// change what they are given, and of methods on the variable's address.
func (c *checker) called(call *ast.CallExpr) {
	info := c.folder.Info
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		_, builtin := info.Uses[f].(*types.Builtin)
		if builtin && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") && len(call.Args) > 0 {
			c.written(call.Args[0])
		}
	case *ast.SelectorExpr:
		m, ok := info.Uses[f.Sel].(*types.Func)
		if !ok || m.Signature().Recv() == nil || !isPointer(m.Signature().Recv().Type()) {
			return
		}
		if t := info.TypeOf(f.X); t != nil && !isPointer(t) {
			if v := c.variable(f.X); v != nil {
				c.changes(v, f.X, "which its method "+f.Sel.Name+" may change")
			}
		}
	}
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// variable returns the variable of a package that x is, or is a part of, or nil.
func (c *checker) variable(x ast.Expr) *types.Var {
	for x != nil {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			return packageLevel(c.folder.Info.Uses[e])
		case *ast.SelectorExpr:
			if v := packageLevel(c.folder.Info.Uses[e.Sel]); v != nil {
				return v
			}
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.SliceExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.TypeAssertExpr:
			x = e.X
		default:
			return nil
		}
	}
	return nil
}

// packageLevel returns the variable that obj is if a package declares it, or nil.
func packageLevel(obj types.Object) *types.Var {
	v, ok := obj.(*types.Var)
	if !ok || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
		return nil
	}
	return v
}

// base returns the name that x begins with, or nil.
func base(x ast.Expr) *ast.Ident {
	for {
		switch e := x.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.ParenExpr:
			x = e.X
		case *ast.TypeAssertExpr:
			x = e.X
		default:
			return nil
		}
	}
}
