package lint

import (
	"go/ast"
	"go/types"
	"slices"
)

// place is where a node stands: in the nodes around it, the outermost first.
type place struct{ around []ast.Node }

// function returns the innermost function around; nil if there is none.
func (p place) function() ast.Node {
	for _, n := range slices.Backward(p.around) {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return n
		}
	}
	return nil
}

// declaration returns the outermost function around, or else the declaration.
func (p place) declaration() ast.Node {
	const file = 1 // is around all
	return p.around[min(file, len(p.around)-1)]
}

// call returns the call of what the name here, maybe behind a dot, stands for; nil if it is
// not called.
func (p place) call() *ast.CallExpr {
	for _, n := range slices.Backward(p.around) {
		switch n := n.(type) {
		case *ast.SelectorExpr:
		case *ast.CallExpr:
			return n
		default:
			return nil
		}
	}
	return nil
}

// runs reports whether what is here runs after the program has begun: it is in a function
// other than init.
func (p place) runs() bool {
	d, ok := p.function().(*ast.FuncDecl)
	return p.function() != nil && (!ok || d.Recv != nil || d.Name.Name != "init")
}

// hasContext reports whether a function around has a context, or a request, which has one.
func (p place) hasContext(info *types.Info) bool {
	return slices.ContainsFunc(p.around, func(n ast.Node) bool {
		var t *ast.FuncType
		switch n := n.(type) {
		case *ast.FuncDecl:
			t = n.Type
		case *ast.FuncLit:
			t = n.Type
		default:
			return false
		}
		return slices.ContainsFunc(t.Params.List, func(f *ast.Field) bool {
			text := types.TypeString(info.TypeOf(f.Type), nil)
			return text == "context.Context" || text == "*net/http.Request"
		})
	})
}
