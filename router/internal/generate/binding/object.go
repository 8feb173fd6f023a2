package binding

import (
	"errors"
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"switchyard/router/internal/generate/gotype"
)

// object describes the struct t.
func (d *describer) object(t types.Type, s *types.Struct) (*object, error) {
	key := gotype.Key(t)
	if o := d.known[key]; o != nil {
		d.meet(o)
		return o, nil
	}
	o := &object{typ: t}
	_, isNamed := t.(*types.Named)
	o.named = isNamed && nameable(t)
	if o.named {
		d.known[key] = o
	} else if d.path[key] {
		return nil, fmt.Errorf("%s holds itself, and is not exported", show(t))
	}
	d.path[key] = true
	d.under = append(d.under, o)
	err := d.fields(o, s, "")
	d.under = d.under[:len(d.under)-1]
	delete(d.path, key)
	if err != nil {
		return nil, err
	}
	if len(o.fields) > maxFields {
		return nil, fmt.Errorf("%s has more than %d fields", show(t), maxFields)
	}
	if len(o.fields) == 0 && s.NumFields() > 0 && !blank(s) {
		return nil, fmt.Errorf("%s has no exported fields", show(t))
	}
	return o, o.check()
}

// meet notes that what is being described holds o, which is described already, or being so.
func (d *describer) meet(o *object) {
	i := slices.Index(d.under, o)
	if i < 0 && !o.deep {
		return
	}
	for _, holder := range d.under[max(i, 0):] {
		holder.deep = true
	}
}

// blank reports whether all fields of s are called _.
func blank(s *types.Struct) bool {
	for f := range s.Fields() {
		if f.Name() != "_" {
			return false
		}
	}
	return true
}

// check reports what makes the fields of o mean different things to different readers.
func (o *object) check() error {
	for _, f := range o.fields {
		for _, name := range f.needs {
			i := slices.IndexFunc(o.fields, func(other field) bool { return other.name == name })
			if i < 0 {
				return fmt.Errorf("%s has no field %s", show(o.typ), name)
			}
			o.fields[i].value.null = false // that is as if it were not there
		}
	}
	var json names
	for _, f := range o.fields {
		json = append(json, f.name)
	}
	for _, all := range []names{json, o.names} {
		if name := all.twice(); name != "" {
			return fmt.Errorf("%s has the field %s more than once", show(o.typ), name)
		}
	}
	return nil
}

// fields adds the fields of s, which stands at path in o, to those of o.
func (d *describer) fields(o *object, s *types.Struct, path string) error {
	for i := range s.NumFields() {
		f, tag := s.Field(i), reflect.StructTag(s.Tag(i))
		o.names.add(f)
		var err error
		switch {
		case tag.Get("json") == "-" || f.Name() == "_" || !f.Exported() && !f.Embedded():
		case f.Embedded() && tag.Get("json") == "":
			err = d.embedded(o, f, path)
		case f.Embedded() && (!f.Exported() || jsonName(tag) == ""):
			err = errors.New("it is embedded, and has a json tag")
		default:
			err = d.field(o, f, tag, path)
		}
		if err != nil {
			return within(f.Name(), err)
		}
	}
	return nil
}

// embedded adds the fields of a struct that is embedded.
func (d *describer) embedded(o *object, f *types.Var, path string) error {
	return d.inside(f, func(inner *types.Struct) error {
		return d.fields(o, inner, path+f.Name()+".")
	})
}

// inside calls describe with the struct that the field f embeds.
func (d *describer) inside(f *types.Var, describe func(inner *types.Struct) error) error {
	inner, isStruct := f.Type().Underlying().(*types.Struct)
	if !isStruct || !f.Exported() {
		return errors.New("it is embedded, and no exported struct")
	}
	if err := d.ownMatter(types.Unalias(f.Type())); err != nil {
		return err // of two that have one method, the struct around them has none
	}
	key := gotype.Key(f.Type())
	if d.path[key] {
		return errors.New("it embeds itself")
	}
	d.path[key] = true
	defer delete(d.path, key)
	return describe(inner)
}

func (d *describer) field(o *object, v *types.Var, tag reflect.StructTag, path string) (err error) {
	f := field{path: path + v.Name(), name: jsonName(tag), required: true}
	if f.name == "" {
		f.name = v.Name()
	}
	if !plainName(f.name) {
		return fmt.Errorf("it has the name %q", f.name)
	}
	if err := f.options(tag); err != nil {
		return err
	}
	if f.value, err = d.value(v.Type()); err != nil {
		return err
	}
	if d.out {
		err = f.checkOutput()
	} else {
		err = f.checkInput(tag)
	}
	o.fields = append(o.fields, f)
	return err
}

// jsonName returns the name that a json tag gives.
func jsonName(tag reflect.StructTag) string {
	name, _, _ := strings.Cut(tag.Get("json"), ",")
	return name
}

// plainName reports whether a name is written in JSON as it is, and read alike by all.
func plainName(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$@-") == "" && name != "-"
}

// options reads the options of a json tag.
func (f *field) options(tag reflect.StructTag) error {
	_, options, _ := strings.Cut(tag.Get("json"), ",")
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case omitEmpty, omitZero:
			if f.omit != "" {
				return errors.New("it has omitempty and omitzero")
			}
			f.omit = option
		case "string":
			f.quoted = true
		default:
			return fmt.Errorf("its json tag has the option %s", option)
		}
	}
	return nil
}

// within says of an error in which field it is.
func within(name string, err error) error {
	if inner, ok := err.(*fieldError); ok { //nolint:errorlint // it is never wrapped
		return &fieldError{name + "." + inner.path, inner.cause}
	}
	return &fieldError{name, err}
}

// fieldError is why a field is not compiled.
type fieldError struct {
	path  string
	cause error
}

// Error returns the path and the cause.
func (e *fieldError) Error() string { return e.path + ": " + e.cause.Error() }
