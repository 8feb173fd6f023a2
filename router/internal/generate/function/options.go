package function

import (
	"go/ast"
	"go/constant"

	"switchyard/router/internal/spec"
)

// checkOptions reports what the Spec of a route asks for and cannot have, as far as it is
// constant. The host checks the rest when it starts.
func (m *reader) checkOptions(r *route) {
	if e := r.spec["ETag"]; e != nil {
		if v := r.Info.Types[e].Value; v != nil && v.Kind() == constant.Bool && constant.BoolVal(v) {
			m.reportError(e, spec.ETag(r.pattern))
		}
	}
	m.readRate(r.Function)
	for e, name := range r.texts("Logged") {
		m.reportError(e, spec.Logged(r.pattern, name))
	}
	for e, name := range r.texts("Expose") {
		m.reportError(e, spec.Expose(name))
	}
}

func (m *reader) reportError(e ast.Expr, err error) {
	if err != nil {
		m.Report(m.At(e.Pos()), "%v", err)
	}
}

// texts returns the constant strings in a list of the Spec, by where they are.
func (f *Function) texts(field string) map[ast.Expr]string {
	list, _ := ast.Unparen(f.spec[field]).(*ast.CompositeLit)
	if list == nil {
		return nil
	}
	texts := map[ast.Expr]string{}
	for _, e := range list.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if v := f.Info.Types[e].Value; v != nil && v.Kind() == constant.String {
			texts[e] = constant.StringVal(v)
		}
	}
	return texts
}
