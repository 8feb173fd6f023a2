package api_test

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// lister writes down what a package exports, in the form of Go's own api/*.txt: a line
// for each name, field and method. No line changes with the path of the module.
type lister struct {
	inside string // the package's path inside the module
	pkg    *types.Package
	lines  []string
}

// list returns the lines of the package, sorted.
func list(inside string, pkg *types.Package) []string {
	l := lister{inside: inside, pkg: pkg}
	for _, name := range pkg.Scope().Names() {
		if token.IsExported(name) {
			l.object(pkg.Scope().Lookup(name))
		}
	}
	slices.Sort(l.lines)
	return l.lines
}

func (l *lister) add(format string, args ...any) {
	l.lines = append(l.lines, "pkg "+l.inside+", "+fmt.Sprintf(format, args...))
}

func (l *lister) object(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		l.add("const %s %s = %s", o.Name(), l.text(o.Type()), o.Val().ExactString())
	case *types.Var:
		l.add("var %s %s", o.Name(), l.text(o.Type()))
	case *types.Func:
		l.add("func %s%s%s", o.Name(), l.parameters(o.Signature().TypeParams()), l.signature(o.Signature()))
	case *types.TypeName:
		l.typeName(o)
	}
}

func (l *lister) typeName(o *types.TypeName) {
	alias, ok := o.Type().(*types.Alias)
	if !ok {
		l.named(o.Name(), o.Type().(*types.Named))
		return
	}
	l.add("type %s%s = %s", o.Name(), l.parameters(alias.TypeParams()), l.text(alias.Rhs()))
	// What it stands for has a listing of its own, unless nobody can import that.
	if n, ok := types.Unalias(alias).(*types.Named); ok && n.Obj().Pkg() != nil {
		if inside, ours := strings.CutPrefix(n.Obj().Pkg().Path(), module); ours && !public(inside) {
			l.named(o.Name(), n)
		}
	}
}

// named lists the type under the name.
func (l *lister) named(name string, t *types.Named) {
	full := name + l.parameters(t.TypeParams())
	switch u := t.Underlying().(type) {
	case *types.Struct:
		l.add("type %s struct", full)
		for f := range u.Fields() {
			if f.Exported() {
				l.add("type %s struct, %s %s", name, f.Name(), l.text(f.Type()))
			}
		}
	case *types.Interface:
		l.interfaceType(name, full, u)
		return
	default:
		l.add("type %s %s", full, l.text(u))
	}
	values := types.NewMethodSet(t)
	for m := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		if !m.Obj().Exported() {
			continue
		}
		receiver := "*" + name
		if values.Lookup(nil, m.Obj().Name()) != nil {
			receiver = name
		}
		l.add("method (%s) %s%s", receiver, m.Obj().Name(), l.signature(m.Obj().(*types.Func).Signature()))
	}
}

// sealed ends the line of an interface that nobody outside can implement.
const sealed = "unexported methods"

func (l *lister) interfaceType(name, full string, u *types.Interface) {
	if !u.IsMethodSet() { // a constraint
		l.add("type %s %s", full, l.text(u))
		return
	}
	l.add("type %s interface", full)
	hidden := false
	for m := range u.Methods() {
		if m.Exported() {
			l.add("type %s interface, %s%s", name, m.Name(), l.signature(m.Signature()))
		}
		hidden = hidden || !m.Exported()
	}
	if hidden {
		l.add("type %s interface, %s", name, sealed)
	}
}

// parameters returns "[T any]", or nothing.
func (l *lister) parameters(list *types.TypeParamList) string {
	var texts []string
	for p := range list.TypeParams() {
		texts = append(texts, p.Obj().Name()+" "+l.text(p.Constraint()))
	}
	if len(texts) == 0 {
		return ""
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// signature returns "(int, string) error".
func (l *lister) signature(s *types.Signature) string {
	return strings.TrimPrefix(l.text(s), "func")
}

func (l *lister) text(t types.Type) string {
	return types.TypeString(unnamed(t), func(p *types.Package) string {
		if p == l.pkg {
			return ""
		}
		return strings.TrimPrefix(p.Path(), module)
	})
}

// unnamed returns the type without the names of parameters, which bind nobody.
func unnamed(t types.Type) types.Type {
	switch t := t.(type) {
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, unnamedAll(t.Params()), unnamedAll(t.Results()), t.Variadic())
	case *types.Pointer:
		return types.NewPointer(unnamed(t.Elem()))
	case *types.Slice:
		return types.NewSlice(unnamed(t.Elem()))
	case *types.Map:
		return types.NewMap(unnamed(t.Key()), unnamed(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), unnamed(t.Elem()))
	}
	return t
}

func unnamedAll(tuple *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range tuple.Variables() {
		vars = append(vars, types.NewParam(token.NoPos, v.Pkg(), "", unnamed(v.Type())))
	}
	return types.NewTuple(vars...)
}
