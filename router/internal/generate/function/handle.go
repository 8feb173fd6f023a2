package function

import (
	"fmt"
	"go/token"
	"go/types"

	"switchyard/internal/spelling"
	"switchyard/router/internal/generate/gotype"
)

// methodOf returns the method that a kind of function does its work in.
func methodOf(kind string) (name, want string) {
	switch kind {
	case Page:
		return "ServeHTTP", "ServeHTTP(w http.ResponseWriter, r *http.Request)"
	case Schedule:
		return "Handle", "Handle(ctx context.Context) error"
	}
	return "Handle", "Handle(ctx context.Context, in *Input) (*Output, error)"
}

const wantFailed = "Failed(ctx context.Context, in *Input, cause error) error"

// readType checks the type Function of f and its methods.
func (m *reader) readType(f *Function) {
	obj := f.Pkg.Scope().Lookup("Function")
	if obj == nil {
		m.Report(m.At(f.Start()), "%s has no Function%s: want type Function struct{…}, its fields what it needs", f.Dir, m.nearType(f))
		return
	}
	if gotype.IsInvalid(obj.Type()) {
		return
	}
	at := m.At(obj.Pos())
	_, isType := obj.(*types.TypeName)
	shape, isStruct := obj.Type().Underlying().(*types.Struct)
	if !isType || !isStruct {
		m.Report(at, "Function is not a struct: want type Function struct{…}, its fields what it needs")
		return
	}
	if named, ok := types.Unalias(obj.Type()).(*types.Named); ok && named.TypeParams() != nil {
		m.Report(at, "Function has type parameters: the catalog would not know which types to use")
		return
	}
	for field := range shape.Fields() {
		if field.Exported() {
			f.Fields = append(f.Fields, field)
		}
	}
	if f.Kind != "" {
		m.readMethods(f, obj)
	}
}

// nearType says what f has in place of its type Function, or "".
func (m *reader) nearType(f *Function) string {
	scope := f.Pkg.Scope()
	var structs []string
	for _, name := range scope.Names() {
		t, ok := scope.Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		structs = append(structs, name)
		if gotype.Method(t.Type(), "Handle") != nil || gotype.Method(t.Type(), "ServeHTTP") != nil {
			return m.instead(name, "Function", t.Pos())
		}
	}
	if name := spelling.Near("Function", structs); name != "" {
		return m.instead(name, "Function", scope.Lookup(name).Pos())
	}
	return ""
}

// readMethods checks the method that f does its work in.
func (m *reader) readMethods(f *Function, obj types.Object) {
	name, want := methodOf(f.Kind)
	handle := gotype.Method(obj.Type(), name)
	if handle == nil {
		m.Report(m.At(obj.Pos()), "Function has no %s%s: fn.%s wants\n%s",
			name, m.nearMethod(f, obj, name), f.Kind, want)
		return
	}
	sig := handle.Signature()
	if gotype.IsInvalid(sig) {
		return
	}
	if !fits(f, sig) {
		m.Report(m.At(handle.Pos()), "%s has the wrong signature for fn.%s:\ngot  %s\nwant %s",
			name, f.Kind, gotype.ShowFunc(name, sig, f.Pkg), want+shapes(f))
		return
	}
	if f.Kind == Endpoint || f.Kind == Job {
		f.Input, f.Output = sig.Params().At(1).Type(), sig.Results().At(0).Type()
	}
	failed := gotype.Method(obj.Type(), "Failed")
	f.failed = f.Kind == Job && failed != nil
	if f.failed && !gotype.IsInvalid(failed.Signature()) && !fitsFailed(failed.Signature(), f.Input) {
		m.Report(m.At(failed.Pos()), "Failed has the wrong signature for fn.Job:\ngot  %s\nwant %s, with the Input of Handle",
			gotype.ShowFunc("Failed", failed.Signature(), f.Pkg), wantFailed)
	}
}

// nearMethod says what f has in place of the method want, or "".
func (m *reader) nearMethod(f *Function, obj types.Object, want string) string {
	set := types.NewMethodSet(types.NewPointer(obj.Type()))
	var names []string
	positions := map[string]token.Pos{}
	for sel := range set.Methods() {
		names = append(names, sel.Obj().Name())
		positions[sel.Obj().Name()] = sel.Obj().Pos()
	}
	if name := spelling.Near(want, names); name != "" {
		return m.instead(name, want, positions[name])
	}
	for _, other := range []string{"Handle", "ServeHTTP"} {
		if pos, ok := positions[other]; ok && other != want {
			return fmt.Sprintf(", but it has %s (%s), which is for another kind of Spec", other, m.Where(m.At(pos)))
		}
	}
	if fun, ok := f.Pkg.Scope().Lookup(want).(*types.Func); ok {
		return fmt.Sprintf(", but there is a func %s (%s), which should be a method of Function", want, m.Where(m.At(fun.Pos())))
	}
	return ""
}

// fits reports whether sig is what the kind of f wants.
func fits(f *Function, sig *types.Signature) bool {
	in, out := sig.Params(), sig.Results()
	isInput := gotype.IsStructPointer
	if f.batch() {
		isInput = gotype.IsSlicePointer
	}
	switch f.Kind {
	case Page:
		return in.Len() == 2 && out.Len() == 0 && gotype.IsNamed(in.At(0).Type(), "net/http", "ResponseWriter") &&
			gotype.Pointee(in.At(1).Type()) != nil && gotype.IsNamed(gotype.Pointee(in.At(1).Type()), "net/http", "Request")
	case Schedule:
		return in.Len() == 1 && out.Len() == 1 && isContext(in.At(0)) && gotype.IsError(out.At(0).Type())
	}
	return in.Len() == 2 && out.Len() == 2 && isContext(in.At(0)) && isInput(in.At(1).Type()) &&
		gotype.IsStructPointer(out.At(0).Type()) && gotype.IsError(out.At(1).Type())
}

func fitsFailed(sig *types.Signature, input types.Type) bool {
	in, out := sig.Params(), sig.Results()
	return in.Len() == 3 && out.Len() == 1 && isContext(in.At(0)) && types.Identical(in.At(1).Type(), input) &&
		gotype.IsError(in.At(2).Type()) && gotype.IsError(out.At(0).Type())
}

func isContext(v *types.Var) bool { return gotype.IsNamed(v.Type(), "context", "Context") }

// batch reports whether f is a job that handles several events at once.
func (f *Function) batch() bool { return f.Kind == Job && f.spec["Batch"] != nil }

// shapes explains Input and Output, for the kinds that have them.
func shapes(f *Function) string {
	switch {
	case f.batch():
		return ", where Input is a slice, as there is a Batch, and Output a struct"
	case f.Kind == Job:
		return ", where Input and Output are structs, or Input a slice if there is a Batch"
	case f.Kind == Endpoint:
		return ", where Input and Output are structs"
	}
	return ""
}
