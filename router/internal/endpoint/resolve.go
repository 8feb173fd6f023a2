package endpoint

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// resolving calls the methods Resolve of an Input and of what is in it, by which types
// check themselves (huma.Resolver).
type resolving struct{ op *huma.Operation }

// newResolving returns nil if nothing in t has such a method.
func newResolving(op *huma.Operation, t reflect.Type) *resolving {
	if !resolves(t, map[reflect.Type]bool{}) {
		return nil
	}
	return &resolving{op}
}

func resolves(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	p := reflect.PointerTo(t)
	if p.Implements(reflect.TypeFor[huma.Resolver]()) || p.Implements(reflect.TypeFor[huma.ResolverWithPath]()) {
		return true
	}
	switch {
	case holds(t):
		return resolves(t.Elem(), seen)
	case t.Kind() == reflect.Struct:
		for f := range t.Fields() {
			if f.IsExported() && resolves(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// run notes in c what the methods say of v.
func (s *resolving) run(w http.ResponseWriter, r *http.Request, v reflect.Value, c *check) {
	c.path.Reset()
	s.visit(humago.NewContext(s.op, r, w), v, c)
}

func (s *resolving) visit(ctx huma.Context, v reflect.Value, c *check) {
	switch kind := v.Kind(); {
	case kind == reflect.Pointer && v.IsNil():
		return
	case kind == reflect.Pointer:
		s.visit(ctx, v.Elem(), c)
		return
	case kind == reflect.Slice || kind == reflect.Array:
		for i := range v.Len() {
			c.path.PushIndex(i)
			s.visit(ctx, v.Index(i), c)
			c.path.Pop()
		}
	case kind == reflect.Map:
		for _, key := range v.MapKeys() {
			element := reflect.New(v.Type().Elem()).Elem() // what a map holds has no address
			element.Set(v.MapIndex(key))
			c.path.Push(fmt.Sprint(key.Interface()))
			s.visit(ctx, element, c)
			c.path.Pop()
		}
	case kind == reflect.Struct:
		s.visitFields(ctx, v, c)
	}
	if !v.CanAddr() {
		return
	}
	switch resolver := v.Addr().Interface().(type) {
	case huma.Resolver:
		c.addAll(resolver.Resolve(ctx))
	case huma.ResolverWithPath:
		c.addAll(resolver.Resolve(ctx, c.path))
	}
}

func (s *resolving) visitFields(ctx huma.Context, v reflect.Value, c *check) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		names := 0
		if !f.Anonymous {
			for _, name := range placeOf(f) {
				c.path.Push(name)
				names++
			}
		}
		s.visit(ctx, v.Field(i), c)
		for range names {
			c.path.Pop()
		}
	}
}

// placeOf returns the names of where a field stands.
func placeOf(f reflect.StructField) []string {
	for _, in := range [...]string{"path", "query", "header", "cookie"} {
		if name, _, _ := strings.Cut(f.Tag.Get(in), ","); name != "" {
			return []string{in, name}
		}
	}
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return []string{name}
	}
	return []string{strings.ToLower(f.Name)}
}
