package gotype

import (
	"fmt"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// MaxDepth is how deep types are compared, since they may hold themselves.
const MaxDepth = 8

// Misfit says why JSON that is written from the type from cannot be read into the type to; "" if it
// can. It passes over fields that only one of the two has, which JSON allows. at is the place in
// the data at which the two types stand.
func Misfit(from, to types.Type, at string) string {
	from, to = Value(from), Value(to)
	if Key(from) == Key(to) || strings.Count(at, ".")+strings.Count(at, "[") > MaxDepth {
		return ""
	}
	a, b := Form(from), Form(to)
	if a == "any" || b == "any" {
		return ""
	}
	if a != b {
		if at == "" {
			at = "its data"
		}
		return fmt.Sprintf("%s is sent as %s and read as %s", at, a, b)
	}
	switch a {
	case "an array":
		return Misfit(element(from), element(to), at+"[]")
	case "an object":
		return misfitObject(from, to, at)
	}
	return ""
}

func misfitObject(from, to types.Type, at string) string {
	a, ok := from.Underlying().(*types.Struct)
	b, ok2 := to.Underlying().(*types.Struct)
	if !ok || !ok2 { // a map is as good as any object
		return ""
	}
	sent, read := JSONFields(a), JSONFields(b)
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if other := sent[name]; other != nil {
			if problem := Misfit(other, read[name], strings.TrimPrefix(at+"."+name, ".")); problem != "" {
				return problem
			}
		}
	}
	return ""
}

// Value returns what t is without its pointers and names.
func Value(t types.Type) types.Type {
	for {
		p, ok := types.Unalias(t).(*types.Pointer)
		if !ok {
			return types.Unalias(t)
		}
		t = p.Elem()
	}
}

// Form returns what t is in JSON, such as "string"; "any" if t decides that itself.
func Form(t types.Type) string {
	switch {
	case Method(t, "MarshalJSON") != nil || Method(t, "UnmarshalJSON") != nil:
		return "any"
	case Method(t, "MarshalText") != nil || Method(t, "UnmarshalText") != nil:
		return "a string"
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsString != 0:
			return "a string"
		case u.Info()&types.IsNumeric != 0:
			return "a number"
		case u.Info()&types.IsBoolean != 0:
			return "true or false"
		}
	case *types.Slice:
		if e, ok := u.Elem().Underlying().(*types.Basic); ok && e.Kind() == types.Byte {
			return "a string" // base64
		}
		return "an array"
	case *types.Array:
		return "an array"
	case *types.Struct, *types.Map:
		return "an object"
	}
	return "any"
}

func element(t types.Type) types.Type {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return u.Elem()
	case *types.Array:
		return u.Elem()
	}
	return t
}

// JSONFields returns the types of the fields of s by their names in JSON, with
// those of structs that it embeds.
func JSONFields(s *types.Struct) map[string]types.Type {
	fields := map[string]types.Type{}
	for i := range s.NumFields() {
		f := s.Field(i)
		name, _, _ := strings.Cut(reflect.StructTag(s.Tag(i)).Get("json"), ",")
		inner, isStruct := Value(f.Type()).Underlying().(*types.Struct)
		switch {
		case name == "-":
		case f.Embedded() && name == "" && isStruct:
			for name, t := range JSONFields(inner) {
				if fields[name] == nil {
					fields[name] = t
				}
			}
		case !f.Exported():
		case name == "":
			fields[f.Name()] = f.Type()
		default:
			fields[name] = f.Type()
		}
	}
	return fields
}
