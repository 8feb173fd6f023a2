package function

import (
	"go/ast"
	"go/constant"
	"go/types"
	"time"

	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/spec"
	"switchyard/shared/fn"
)

// readRate reads the RateLimit of f, by which it may need the database.
func (m *reader) readRate(f *Function) {
	e := f.spec["RateLimit"]
	if e == nil {
		return
	}
	const want = "write it as a literal of constants, such as fn.Rate{Limit: 60, Per: time.Minute}, so that it can be checked before anything runs"
	v := f.Info.Types[e].Type
	if v == nil || gotype.IsInvalid(v) {
		return
	}
	t, ok := v.Underlying().(*types.Struct)
	if !ok {
		return // it does not compile, as has been reported
	}
	literal, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		m.Report(m.At(e.Pos()), "RateLimit is computed: %s", want)
		return
	}
	numbers := map[string]int64{}
	for field, e := range elements(literal, t) {
		v := f.Info.Types[e].Value
		if v == nil || v.Kind() != constant.Int {
			m.Report(m.At(e.Pos()), "the %s of RateLimit is computed: %s", field, want)
			return
		}
		numbers[field], _ = constant.Int64Val(v)
	}
	r := fn.Rate{Limit: int(numbers["Limit"]), Per: time.Duration(numbers["Per"]), By: fn.Client(numbers["By"])}
	if err := spec.Rate(r); err != nil {
		m.reportError(e, err)
		return
	}
	f.Rate = r
}
