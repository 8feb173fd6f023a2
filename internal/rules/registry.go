package rules

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// NewRegistry returns a registry whose schemas are of the JSON that encoding/json makes
// and takes, also where huma's are not:
//
//   - A number or truth value with the option string (`json:"id,string"`) is a text.
//   - A [json.Number] is a number.
//
// References begin with prefix; namer is as [huma.NewMapRegistry] has it. As with huma,
// Schema panics if it does not like a tag.
func NewRegistry(prefix string, namer func(reflect.Type, string) string) huma.Registry {
	r := &registry{prefix: prefix, known: map[string]bool{}}
	r.Registry = huma.NewMapRegistry(prefix, func(t reflect.Type, hint string) string {
		name := namer(t, hint)
		r.named = append(r.named, name)
		return name
	})
	r.RegisterTypeAlias(reflect.TypeFor[json.Number](), reflect.TypeFor[exactNumber]())
	return r
}

// SchemaFromField is [huma.SchemaFromField] for fields of JSON, with registries from
// [NewRegistry].
func SchemaFromField(registry huma.Registry, f reflect.StructField) *huma.Schema {
	s := huma.SchemaFromField(registry, f, "")
	mend(s, f)
	return s
}

type registry struct {
	huma.Registry
	prefix string
	named  []string        // the names that huma has asked for since the last schemas were mended
	known  map[string]bool // the names of schemas that are mended
}

// Schema implements huma.Registry. huma makes all schemas that t needs before this one
// returns.
func (r *registry) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	s := r.Registry.Schema(t, allowRef, hint)
	for _, name := range r.named {
		made := r.Map()[name]
		if made == nil || r.known[name] { // it is no schema by reference, or was there before
			continue
		}
		r.known[name] = true
		for _, f := range reflect.VisibleFields(r.TypeFromRef(r.prefix + name)) {
			property, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			mend(made.Properties[cmp.Or(property, f.Name)], f)
		}
	}
	r.named = r.named[:0]
	return s
}

// MarshalJSON returns the schemas by their names.
func (r *registry) MarshalJSON() ([]byte, error) { return json.Marshal(r.Map()) }

// exactNumber has the schema of json.Number.
type exactNumber struct{}

// Schema implements huma.SchemaProvider.
func (exactNumber) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeNumber} }

// form describes a text that has a value in it.
type form struct{ name, pattern string }

// formOf returns the form of the text that a value of the schema s is written as; false if s
// is of another kind.
func formOf(s *huma.Schema) (f form, ok bool) {
	switch s.Type {
	case huma.TypeInteger:
		if s.Minimum != nil {
			return form{"an integer of 0 or more", `^[0-9]+$`}, true
		}
		return form{"an integer", `^-?[0-9]+$`}, true
	case huma.TypeNumber:
		return form{"a number", `^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`}, true
	case huma.TypeBoolean:
		return form{"true or false", `^(true|false)$`}, true
	}
	return form{}, false
}

// mend makes s, huma's schema of the field f, that of what f is in JSON. s may be nil.
func mend(s *huma.Schema, f reflect.StructField) {
	if s == nil {
		return
	}
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	all := strings.Split(options, ",")
	if f.Type == reflect.TypeFor[*json.Number]() && f.Tag.Get("nullable") == "" {
		s.Nullable = !slices.Contains(all, "omitempty") // the alias hides the pointer
	}
	if text, ok := formOf(s); ok && slices.Contains(all, "string") {
		refuseRules(f)
		s.Type, s.Format, s.Minimum = huma.TypeString, "", nil
		s.Pattern, s.PatternDescription = text.pattern, text.name
		quote(s, f.Tag)
		s.PrecomputeMessages()
	}
}

// refuseRules panics if f, which is a text, has a rule for numbers.
func refuseRules(f reflect.StructField) {
	for _, rule := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"} {
		if f.Tag.Get(rule) != "" {
			panic(fmt.Errorf("%s is for numbers, and the option string of its json tag makes the field %s a text", rule, f.Name))
		}
	}
}

// quote makes texts of the values that the tag gives to s.
func quote(s *huma.Schema, tag reflect.StructTag) {
	if value := tag.Get("default"); value != "" {
		s.Default = value
	}
	if value := tag.Get("example"); value != "" {
		s.Examples = []any{value}
	}
	if enum := tag.Get("enum"); enum != "" {
		s.Enum = nil
		for value := range strings.SplitSeq(enum, ",") {
			s.Enum = append(s.Enum, value)
		}
	}
}
