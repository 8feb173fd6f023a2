package expression

import (
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// reads returns the paths of what an expression reads: ["event", "data", "id"]. Those
// that it asks with has() for are left out, and what a macro calls by a name of its own.
func reads(root ast.Expr) [][]string {
	var all [][]string
	var visit func(e ast.Expr)
	visit = func(e ast.Expr) {
		if path := pathOf(e); path != nil {
			all = append(all, path)
			return
		}
		for _, part := range parts(e) {
			visit(part)
		}
	}
	visit(root)
	return all
}

// pathOf returns the path that e is, or nil.
func pathOf(e ast.Expr) []string {
	call := e.AsCall() // empty if e is none
	switch {
	case e.Kind() == ast.IdentKind:
		return []string{e.AsIdent()}
	case e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly():
		if path := pathOf(e.AsSelect().Operand()); path != nil {
			return append(path, e.AsSelect().FieldName())
		}
	case call.FunctionName() == operators.Index && call.Args()[1].Kind() == ast.LiteralKind:
		name, ok := call.Args()[1].AsLiteral().(types.String)
		if path := pathOf(call.Args()[0]); ok && path != nil {
			return append(path, string(name))
		}
	}
	return nil
}

// parts returns the expressions that e is made of and that are always evaluated in the
// names of the whole.
func parts(e ast.Expr) []ast.Expr {
	all := slices.Concat(e.AsCall().Args(), e.AsList().Elements())
	if e.AsCall().IsMemberFunction() {
		all = append(all, e.AsCall().Target())
	}
	if e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly() {
		all = append(all, e.AsSelect().Operand())
	}
	if e.Kind() == ast.ComprehensionKind {
		all = append(all, e.AsComprehension().IterRange())
	}
	return all
}
