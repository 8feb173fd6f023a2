// Package gotype answers questions about types of Go: whether two are the same whichever
// package they were met in, how messages show them, and what they are in JSON.
package gotype

import (
	"go/types"
	"slices"
	"strings"
)

// Key returns a text that is the same for the same type, whichever package it was met in and
// whatever alias it has there.
func Key(t types.Type) string { return types.TypeString(plain(t), nil) }

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

// Deref returns what t points to if it is a pointer, else t; without aliases.
func Deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	return types.Unalias(t)
}

// Show returns a type as messages show it: without the package if that is here.
func Show(t types.Type, here *types.Package) string {
	return types.TypeString(t, qualifier(here))
}

// ShowFunc returns a function's signature with its name: "Open(ctx context.Context) error".
func ShowFunc(name string, sig *types.Signature, here *types.Package) string {
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

// IsNamed reports whether t is the type name of the package path.
func IsNamed(t types.Type, path, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path
}

// IsError reports whether t is the type error.
func IsError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// IsInvalid reports whether t, or a part of it, could not be type-checked. That has been reported
// then.
func IsInvalid(t types.Type) bool { return strings.Contains(Key(t), "invalid type") }

// Pointee returns the T of a pointer to a named T, or nil.
func Pointee(t types.Type) types.Type {
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

// IsStructPointer reports whether t is a pointer to a struct, and not to a pointer.
func IsStructPointer(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	_, ok = p.Elem().Underlying().(*types.Struct)
	return ok
}

// IsSlicePointer reports whether t is a pointer to a slice.
func IsSlicePointer(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	_, ok = p.Elem().Underlying().(*types.Slice)
	return ok
}

// Unnameable returns why another package cannot name t, or "".
func Unnameable(t types.Type) string {
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
			if hidden := Unnameable(t); hidden != "" {
				return hidden
			}
		}
	}
	return ""
}

// Method returns the method name of t or *t, or nil.
func Method(t types.Type, name string) *types.Func {
	sel := types.NewMethodSet(types.NewPointer(t)).Lookup(nil, name)
	if sel == nil {
		return nil
	}
	f, _ := sel.Obj().(*types.Func)
	return f
}

// NameOf returns the name of a named type, without its package.
func NameOf(t types.Type) string { return t.(*types.Named).Obj().Name() }

// PathOf returns the import path of p; "" of no package.
func PathOf(p *types.Package) string {
	if p == nil {
		return ""
	}
	return p.Path()
}
