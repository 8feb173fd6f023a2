package generate

import (
	"fmt"
	"go/token"
	"go/types"
)

// methodOf returns the method that a kind of function does its work in.
func methodOf(kind string) (name, want string) {
	switch kind {
	case page:
		return "ServeHTTP", "ServeHTTP(w http.ResponseWriter, r *http.Request)"
	case schedule:
		return "Handle", "Handle(ctx context.Context) error"
	}
	return "Handle", "Handle(ctx context.Context, in *Input) (*Output, error)"
}

const wantFailed = "Failed(ctx context.Context, in *Input, cause error) error"

// readType checks the type Function of f and its methods.
func (m *module) readType(f *function) {
	obj := f.pkg.Scope().Lookup("Function")
	if obj == nil {
		m.report(m.at(f.start()), "%s has no Function%s: want type Function struct{…}, its fields what it needs", f.dir, m.nearType(f))
		return
	}
	if isInvalid(obj.Type()) {
		return
	}
	at := m.at(obj.Pos())
	_, isType := obj.(*types.TypeName)
	shape, isStruct := obj.Type().Underlying().(*types.Struct)
	if !isType || !isStruct {
		m.report(at, "Function is not a struct: want type Function struct{…}, its fields what it needs")
		return
	}
	if named, ok := types.Unalias(obj.Type()).(*types.Named); ok && named.TypeParams() != nil {
		m.report(at, "Function has type parameters: the catalog would not know which types to use")
		return
	}
	for field := range shape.Fields() {
		if field.Exported() {
			f.fields = append(f.fields, field)
		}
	}
	if f.kind != "" {
		m.readMethods(f, obj)
	}
}

// nearType says what f has in place of its type Function, or "".
func (m *module) nearType(f *function) string {
	scope := f.pkg.Scope()
	var structs []string
	for _, name := range scope.Names() {
		t, ok := scope.Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		structs = append(structs, name)
		if method(t.Type(), "Handle") != nil || method(t.Type(), "ServeHTTP") != nil {
			return m.instead(name, "Function", t.Pos())
		}
	}
	if name := near("Function", structs); name != "" {
		return m.instead(name, "Function", scope.Lookup(name).Pos())
	}
	return ""
}

// readMethods checks the method that f does its work in.
func (m *module) readMethods(f *function, obj types.Object) {
	name, want := methodOf(f.kind)
	handle := method(obj.Type(), name)
	if handle == nil {
		m.report(m.at(obj.Pos()), "Function has no %s%s: fn.%s wants\n%s",
			name, m.nearMethod(f, obj, name), f.kind, want)
		return
	}
	sig := handle.Signature()
	if isInvalid(sig) {
		return
	}
	if !fits(f, sig) {
		m.report(m.at(handle.Pos()), "%s has the wrong signature for fn.%s:\ngot  %s\nwant %s",
			name, f.kind, showFunc(name, sig, f.pkg), want+shapes(f))
		return
	}
	if f.kind == endpoint || f.kind == job {
		f.input, f.output = sig.Params().At(1).Type(), sig.Results().At(0).Type()
	}
	failed := method(obj.Type(), "Failed")
	f.failed = f.kind == job && failed != nil
	if f.failed && !isInvalid(failed.Signature()) && !fitsFailed(failed.Signature(), f.input) {
		m.report(m.at(failed.Pos()), "Failed has the wrong signature for fn.Job:\ngot  %s\nwant %s, with the Input of Handle",
			showFunc("Failed", failed.Signature(), f.pkg), wantFailed)
	}
}

// nearMethod says what f has in place of the method want, or "".
func (m *module) nearMethod(f *function, obj types.Object, want string) string {
	set := types.NewMethodSet(types.NewPointer(obj.Type()))
	var names []string
	positions := map[string]token.Pos{}
	for sel := range set.Methods() {
		names = append(names, sel.Obj().Name())
		positions[sel.Obj().Name()] = sel.Obj().Pos()
	}
	if name := near(want, names); name != "" {
		return m.instead(name, want, positions[name])
	}
	for _, other := range []string{"Handle", "ServeHTTP"} {
		if pos, ok := positions[other]; ok && other != want {
			return fmt.Sprintf(", but it has %s (%s), which is for another kind of Spec", other, m.where(m.at(pos)))
		}
	}
	if fun, ok := f.pkg.Scope().Lookup(want).(*types.Func); ok {
		return fmt.Sprintf(", but there is a func %s (%s), which should be a method of Function", want, m.where(m.at(fun.Pos())))
	}
	return ""
}

// method returns the method name of t or *t, or nil.
func method(t types.Type, name string) *types.Func {
	sel := types.NewMethodSet(types.NewPointer(t)).Lookup(nil, name)
	if sel == nil {
		return nil
	}
	f, _ := sel.Obj().(*types.Func)
	return f
}

// fits reports whether sig is what the kind of f wants.
func fits(f *function, sig *types.Signature) bool {
	in, out := sig.Params(), sig.Results()
	isInput := isStructPointer
	if f.batch() {
		isInput = isSlicePointer
	}
	switch f.kind {
	case page:
		return in.Len() == 2 && out.Len() == 0 && isNamed(in.At(0).Type(), "net/http", "ResponseWriter") &&
			pointee(in.At(1).Type()) != nil && isNamed(pointee(in.At(1).Type()), "net/http", "Request")
	case schedule:
		return in.Len() == 1 && out.Len() == 1 && isContext(in.At(0)) && isError(out.At(0).Type())
	}
	return in.Len() == 2 && out.Len() == 2 && isContext(in.At(0)) && isInput(in.At(1).Type()) &&
		isStructPointer(out.At(0).Type()) && isError(out.At(1).Type())
}

func fitsFailed(sig *types.Signature, input types.Type) bool {
	in, out := sig.Params(), sig.Results()
	return in.Len() == 3 && out.Len() == 1 && isContext(in.At(0)) && types.Identical(in.At(1).Type(), input) &&
		isError(in.At(2).Type()) && isError(out.At(0).Type())
}

func isContext(v *types.Var) bool { return isNamed(v.Type(), "context", "Context") }

// batch reports whether f is a job that handles several events at once.
func (f *function) batch() bool { return f.kind == job && f.spec["Batch"] != nil }

// shapes explains Input and Output, for the kinds that have them.
func shapes(f *function) string {
	switch {
	case f.batch():
		return ", where Input is a slice, as there is a Batch, and Output a struct"
	case f.kind == job:
		return ", where Input and Output are structs, or Input a slice if there is a Batch"
	case f.kind == endpoint:
		return ", where Input and Output are structs"
	}
	return ""
}
