package binding

import (
	"go/types"
	"slices"

	"switchyard/router/internal/generate/gotype"
)

// nameable reports whether another package can write the name of t.
func nameable(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return true
	case *types.Named:
		for arg := range t.TypeArgs().Types() {
			if !nameable(arg) {
				return false
			}
		}
		return gotype.Unnameable(t) == "" && (t.Obj().Pkg() == nil || t.Obj().Parent() == t.Obj().Pkg().Scope())
	}
	return false
}

// spellable reports whether another package can write t.
func spellable(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		return spellable(t.Elem())
	case *types.Slice:
		return spellable(t.Elem())
	case *types.Map:
		return spellable(t.Key()) && spellable(t.Elem())
	default:
		return nameable(t)
	}
}

// names are those of the fields of a struct, and of the structs that it embeds. One that is
// there twice hides the other field from those that look for it by name, and not from all.
type names []string

// add adds the name of f, if others can see it.
func (n *names) add(f *types.Var) {
	if f.Exported() {
		*n = append(*n, f.Name())
	}
}

// twice returns a name that is there more than once; "" if none is.
func (n names) twice() string {
	for i, name := range n {
		if slices.Contains(n[:i], name) {
			return name
		}
	}
	return ""
}
