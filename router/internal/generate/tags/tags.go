// Package tags checks the tags of structs in inputs, outputs and events, as huma does when the
// program starts.
package tags

import (
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"switchyard/router/internal/generate/eventtypes"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
)

// Check reports the struct tags, in inputs, outputs and events, that huma would refuse when the
// program starts, and those that huma would overlook.
func Check(m *source.Module, all []*function.Function, events []*eventtypes.Type) {
	c := &tagChecker{Module: m, seen: map[string]bool{}}
	for _, f := range all {
		for _, t := range []types.Type{f.Input, f.Output} {
			if t != nil && !gotype.IsInvalid(t) {
				c.check(t, "")
			}
		}
		if f.Kind == function.Endpoint && f.Input != nil {
			c.checkParameters(gotype.Deref(f.Input))
		}
	}
	for _, e := range events {
		if e.Data != nil && !gotype.IsInvalid(e.Data) {
			c.check(e.Data, "")
		}
	}
}

type tagChecker struct {
	*source.Module
	seen map[string]bool // the keys of types that were checked
}

// check checks the tags of what t is made of, as far as it is of a module whose source is
// read. It stands
// in a field called at: "Body.".
func (c *tagChecker) check(t types.Type, at string) {
	t = types.Unalias(t)
	if n, ok := t.(*types.Named); ok {
		for arg := range n.TypeArgs().Types() { // such as those of huma.MultipartFormFiles
			c.check(arg, "")
		}
		if c.seen[gotype.Key(t)] || n.Obj().Pkg() == nil || !c.Reads(n.Obj().Pkg().Path()) {
			return
		}
		c.seen[gotype.Key(t)] = true
		at = ""
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		c.check(u.Elem(), at)
	case *types.Slice:
		c.check(u.Elem(), at)
	case *types.Array:
		c.check(u.Elem(), at)
	case *types.Map:
		c.check(u.Elem(), at)
	case *types.Struct:
		for i := range u.NumFields() {
			c.checkField(u, i, at)
		}
	}
}

func (c *tagChecker) checkField(s *types.Struct, i int, at string) {
	f, tag := s.Field(i), reflect.StructTag(s.Tag(i))
	name := at + f.Name()
	if f.Name() != "_" && !f.Exported() && !f.Embedded() || tag.Get("json") == "-" && !slices.ContainsFunc(places(), func(p string) bool { return tag.Get(p) != "" }) {
		return
	}
	problem := first(malformed(string(tag)), misspelt(tag), undecided(tag), missing(s, tag))
	if problem == "" && tag != "" {
		problem = unfit(f, tag)
	}
	if problem != "" {
		c.Report(c.At(f.Pos()), "the tag of the field %s %s", name, problem)
	}
	c.check(f.Type(), name+".")
}

// checkParameters reports parameters of an Input that are pointers.
func (c *tagChecker) checkParameters(input types.Type) {
	s, ok := input.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range s.NumFields() {
		f, tag := s.Field(i), reflect.StructTag(s.Tag(i))
		_, isPointer := types.Unalias(f.Type()).(*types.Pointer)
		if f.Embedded() {
			c.checkParameters(gotype.Deref(f.Type()))
			continue
		}
		for _, place := range places() {
			if isPointer && f.Exported() && tag.Get(place) != "" {
				c.Report(c.At(f.Pos()), "the field %s with the tag %s is a pointer, which a parameter cannot be: "+
					"take the value, which is zero if there is none", f.Name(), place)
			}
		}
	}
}

// places are the tags that say where a parameter stands.
func places() []string { return []string{"path", "query", "header", "cookie", "form"} }

// first returns the first of the texts that says something.
func first(texts ...string) string {
	i := slices.IndexFunc(texts, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return texts[i]
}

// missing says which fields a tag dependentRequired names that s does not have.
func missing(s *types.Struct, tag reflect.StructTag) string {
	names := tag.Get("dependentRequired")
	if strings.TrimSpace(names) == "" {
		return ""
	}
	known := gotype.JSONFields(s)
	for name := range strings.SplitSeq(names, ",") {
		if known[name] == nil {
			return fmt.Sprintf("has dependentRequired:%q, but there is no field %q", names, name)
		}
	}
	return ""
}
