package generate

import (
	"go/types"
	"slices"
	"strings"
)

// key identifies a type, whichever package it was met in, and whatever it is called there.
func key(t types.Type) string { return types.TypeString(plain(t), nil) }

// plain returns t without the aliases in it; those within literals of structs,
// functions and interfaces stay.
func plain(t types.Type) types.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		return types.NewPointer(plain(t.Elem()))
	case *types.Slice:
		return types.NewSlice(plain(t.Elem()))
	case *types.Array:
		return types.NewArray(plain(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(plain(t.Key()), plain(t.Elem()))
	case *types.Named:
		return plainNamed(t)
	default:
		return t
	}
}

func plainNamed(t *types.Named) types.Type {
	if t.TypeArgs() == nil {
		return t
	}
	var args []types.Type
	for arg := range t.TypeArgs().Types() {
		args = append(args, plain(arg))
	}
	same, err := types.Instantiate(nil, t.Origin(), args, false)
	if err != nil { // of a type that does not compile, as has been reported
		return t
	}
	return same
}

// deref returns what t points to if it is a pointer, else t; without aliases.
func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	return types.Unalias(t)
}

// show returns a type as messages show it: without the package if that is here.
func show(t types.Type, here *types.Package) string {
	return types.TypeString(t, qualifier(here))
}

// showFunc returns a function's signature with its name: "Open(ctx context.Context) error".
func showFunc(name string, sig *types.Signature, here *types.Package) string {
	return name + strings.TrimPrefix(types.TypeString(sig, qualifier(here)), "func")
}

func qualifier(here *types.Package) types.Qualifier {
	return func(p *types.Package) string {
		if p == here {
			return ""
		}
		return p.Name()
	}
}

// isNamed reports whether t is the type name of the package path.
func isNamed(t types.Type, path, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// isInvalid reports whether t could not be understood, which has been reported.
func isInvalid(t types.Type) bool { return strings.Contains(key(t), "invalid type") }

// pointee returns the T of a pointer to a named T, or nil.
func pointee(t types.Type) types.Type {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return nil
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	if !ok {
		return nil
	}
	return n
}

// isStructPointer reports whether t is a pointer to a struct, and not to a pointer.
func isStructPointer(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	_, ok = p.Elem().Underlying().(*types.Struct)
	return ok
}

// isSlicePointer reports whether t is a pointer to a slice.
func isSlicePointer(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	_, ok = p.Elem().Underlying().(*types.Slice)
	return ok
}

// unnameable returns why another package cannot name t, or "".
func unnameable(t types.Type) string {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return ""
	}
	switch obj := n.Obj(); {
	case obj.Pkg() == nil:
	case !obj.Exported():
		return obj.Name() + " is not exported"
	case slices.Contains(strings.Split(obj.Pkg().Path(), "/"), "internal"):
		return obj.Pkg().Path() + " is internal"
	}
	if args := n.TypeArgs(); args != nil {
		for t := range args.Types() {
			if hidden := unnameable(t); hidden != "" {
				return hidden
			}
		}
	}
	return ""
}
