package endpoint

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/rules"
	"switchyard/shared/ijson"
)

// defaults knows which fields of a type, or of what it is made of, have a default. nil
// knows of none.
type defaults struct {
	fields []fieldDefault
	inner  *defaults // of items, elements, and what is pointed at
}

// fieldDefault is about one field of a struct.
type fieldDefault struct {
	index []int
	name  string        // in JSON
	value reflect.Value // its default; invalid if it has none
	text  []byte        // the same as JSON, if each request needs one of its own
	inner *defaults     // of what is in it
}

// newDefaults returns the defaults of t; nil if it has none.
func newDefaults(registry huma.Registry, t reflect.Type) (*defaults, error) {
	b := &defaultsBuilder{registry: registry, known: map[reflect.Type]*defaults{}}
	d, err := b.of(t)
	if err != nil || !b.found {
		return nil, err
	}
	return d, nil
}

type defaultsBuilder struct {
	registry huma.Registry
	known    map[reflect.Type]*defaults // also those under way: types may contain themselves
	found    bool
}

func (b *defaultsBuilder) of(t reflect.Type) (*defaults, error) {
	if d, ok := b.known[t]; ok {
		return d, nil
	}
	d := &defaults{}
	b.known[t] = d
	var err error
	switch {
	case holds(t):
		d.inner, err = b.of(t.Elem())
	case t.Kind() == reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || name == "-" || (f.Anonymous && name == "") {
				continue
			}
			if name == "" {
				name = f.Name
			}
			field, err := b.field(f, name)
			if err != nil {
				return nil, err
			}
			d.fields = append(d.fields, field)
		}
	}
	return d, err
}

// holds reports whether t is made of values of another type, t.Elem.
func holds(t reflect.Type) bool {
	return slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map}, t.Kind())
}

func (b *defaultsBuilder) field(f reflect.StructField, name string) (fieldDefault, error) {
	d := fieldDefault{index: f.Index, name: name}
	var err error
	if d.inner, err = b.of(f.Type); err != nil || f.Tag.Get("default") == "" {
		return d, err
	}
	b.found = true
	d.text = rules.Default(huma.SchemaFromField(b.registry, f, ""), f.Tag.Get("default"))
	value := reflect.New(f.Type)
	if err := ijson.Unmarshal(d.text, value.Interface()); err != nil {
		return d, fmt.Errorf("the default of %s is no %s: %w", f.Name, f.Type, err)
	}
	d.value = value.Elem()
	if !holds(f.Type) && f.Type.Kind() != reflect.Interface {
		d.text = nil // it can be copied
	}
	return d, nil
}

// fill sets the fields of v that sent, of which v was decoded, does not have, or has as
// null.
func (d *defaults) fill(v reflect.Value, sent any) {
	if d == nil {
		return
	}
	switch sent := sent.(type) {
	case map[string]any:
		d.fillObject(v, sent)
	case []any:
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			d.inner.fill(v.Elem(), sent)
		} else if (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Len() <= len(sent) {
			for i := range v.Len() {
				d.inner.fill(v.Index(i), sent[i])
			}
		}
	}
}

func (d *defaults) fillObject(v reflect.Value, sent map[string]any) {
	switch kind := v.Kind(); {
	case kind == reflect.Pointer && !v.IsNil():
		d.inner.fill(v.Elem(), sent)
	case kind == reflect.Map:
		d.fillMap(v, sent)
	case kind == reflect.Struct:
		for i := range d.fields {
			f := &d.fields[i]
			field := fieldOf(v, f.index)
			switch given := sent[f.name]; {
			case given != nil:
				f.inner.fill(field, given)
			case f.value.IsValid():
				f.set(field)
			case field.Kind() == reflect.Struct:
				f.inner.fillObject(field, nil)
			}
		}
	}
}

// fillMap fills the elements of v, which is a map and has to be given changed copies.
func (d *defaults) fillMap(v reflect.Value, sent map[string]any) {
	for _, key := range v.MapKeys() {
		name := fmt.Sprint(key.Interface())
		element := reflect.New(v.Type().Elem()).Elem()
		element.Set(v.MapIndex(key))
		d.inner.fill(element, sent[name])
		v.SetMapIndex(key, element)
	}
}

func (f *fieldDefault) set(field reflect.Value) {
	if f.text == nil {
		field.Set(f.value)
		return
	}
	_ = ijson.Unmarshal(f.text, field.Addr().Interface()) // it went well before
}
