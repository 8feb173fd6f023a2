package tags

import (
	"encoding/json"
	"go/types"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"switchyard/router/internal/generate/gotype"
)

// text stands for types that huma takes for strings, though Go has them as something else:
// they read themselves from text.
type text struct{}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (*text) UnmarshalText([]byte) error { return nil }

// special returns the types that huma knows by name.
func special() map[string]reflect.Type {
	return map[string]reflect.Type{
		"time.Time": reflect.TypeFor[time.Time](), "net/url.URL": reflect.TypeFor[url.URL](),
		"net.IP": reflect.TypeFor[net.IP](), "net/netip.Addr": reflect.TypeFor[netip.Addr](),
		"encoding/json.RawMessage": reflect.TypeFor[json.RawMessage](), "net/http.Cookie": reflect.TypeFor[http.Cookie](),
	}
}

// reflected returns a type of which huma makes the same schema as of t. It is any where
// only the program itself can know the schema, and deeper than depth.
func reflected(t types.Type, depth int) reflect.Type {
	t = types.Unalias(t)
	known := special()[gotype.Key(t)]
	isText := gotype.Method(t, "UnmarshalText") != nil
	_, isPointer := t.(*types.Pointer)
	switch {
	case known != nil:
		return known
	case depth == 0:
		return reflect.TypeFor[any]()
	case isPointer: // to what the methods are of
	case gotype.Method(t, "Schema") != nil, gotype.Method(t, "TransformSchema") != nil, gotype.Method(t, "Receiver") != nil:
		return reflect.TypeFor[any]()
	case isText && gotype.Form(t.Underlying()) != "a string":
		return reflect.TypeFor[text]()
	case isText:
		return reflect.TypeFor[string]()
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basic(u)
	case *types.Pointer:
		return reflect.PointerTo(reflected(u.Elem(), depth-1))
	case *types.Slice:
		return reflect.SliceOf(reflected(u.Elem(), depth-1))
	case *types.Array:
		return reflect.ArrayOf(int(u.Len()), reflected(u.Elem(), depth-1))
	case *types.Map:
		return reflect.MapOf(reflect.TypeFor[string](), reflected(u.Elem(), depth-1))
	case *types.Struct:
		return reflect.StructOf(reflectedFields(u, depth-1, map[string]bool{}))
	}
	return reflect.TypeFor[any]()
}

// reflectedFields returns the fields of s and of the structs that it embeds, with no
// more of their tags than what JSON calls them; none of the names in taken, which it
// adds to.
func reflectedFields(s *types.Struct, depth int, taken map[string]bool) []reflect.StructField {
	var fields []reflect.StructField
	var embedded []*types.Struct
	for i := range s.NumFields() {
		f, name := s.Field(i), reflect.StructTag(s.Tag(i)).Get("json")
		inner, isStruct := gotype.Deref(f.Type()).Underlying().(*types.Struct)
		switch {
		case !f.Exported() || taken[f.Name()]:
		case f.Embedded() && name == "" && isStruct:
			embedded = append(embedded, inner)
		default:
			taken[f.Name()] = true
			fields = append(fields, reflect.StructField{Name: f.Name(), Type: reflected(f.Type(), depth), Tag: jsonTag(name)})
		}
	}
	for _, inner := range embedded {
		if depth > 0 {
			fields = append(fields, reflectedFields(inner, depth-1, taken)...)
		}
	}
	return fields
}

func jsonTag(name string) reflect.StructTag {
	if name == "" || strings.ContainsAny(name, `"\`) {
		return ""
	}
	return reflect.StructTag(`json:"` + name + `"`)
}

// basic returns the type of a value of type t.
func basic(t *types.Basic) reflect.Type {
	kinds := map[types.BasicKind]reflect.Type{
		types.Bool: reflect.TypeFor[bool](), types.String: reflect.TypeFor[string](),
		types.Int: reflect.TypeFor[int](), types.Int8: reflect.TypeFor[int8](), types.Int16: reflect.TypeFor[int16](),
		types.Int32: reflect.TypeFor[int32](), types.Int64: reflect.TypeFor[int64](),
		types.Uint: reflect.TypeFor[uint](), types.Uint8: reflect.TypeFor[uint8](), types.Uint16: reflect.TypeFor[uint16](),
		types.Uint32: reflect.TypeFor[uint32](), types.Uint64: reflect.TypeFor[uint64](),
		types.Float32: reflect.TypeFor[float32](), types.Float64: reflect.TypeFor[float64](),
	}
	if known := kinds[t.Kind()]; known != nil {
		return known
	}
	return reflect.TypeFor[any]()
}
