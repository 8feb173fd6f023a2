package binding

import (
	"errors"
	"fmt"
	"go/types"
	"net/textproto"
	"reflect"
	"slices"

	"switchyard/router/internal/generate/gotype"
)

// header is a field that is answered as a header.
type header struct {
	name  string
	path  string // of its field, from the Output
	value *value
}

// readOutput describes the Output t.
func (e *endpoint) readOutput(t types.Type) error {
	d := newDescriber(true)
	s, _ := t.Underlying().(*types.Struct)
	return e.outputFields(d, s)
}

func (e *endpoint) outputFields(d *describer, s *types.Struct) error {
	for i := range s.NumFields() {
		f, tag := s.Field(i), reflect.StructTag(s.Tag(i))
		var err error
		switch {
		case f.Embedded():
			err = errors.New("it is embedded")
		case !f.Exported():
		case f.Name() == "Status":
			e.status = true
		case f.Name() == "Body":
			e.answer, err = d.value(f.Type())
		default:
			err = e.readHeader(d, f, tag)
		}
		if err != nil {
			return within(f.Name(), err)
		}
	}
	return nil
}

func (e *endpoint) readHeader(d *describer, f *types.Var, tag reflect.StructTag) (err error) {
	h := header{name: tag.Get("header"), path: f.Name()}
	if h.name == "" {
		h.name = f.Name()
	}
	h.name = textproto.CanonicalMIMEHeaderKey(h.name)
	if h.value, err = d.value(f.Type()); err != nil {
		return err
	}
	of := h.value
	if of.kind == list {
		of = of.elem
	}
	if !slices.Contains([]kind{textKind, truth, integer, natural}, of.kind) {
		return fmt.Errorf("a header that is %s", show(f.Type()))
	}
	e.headers = append(e.headers, h)
	return nil
}

// checkOutput says what is not compiled of a field that is written.
func (f *field) checkOutput() error {
	if f.omit == omitZero {
		switch f.value.kind {
		case decimal, structure:
			return errors.New("its json tag has the option omitzero")
		}
		if f.value.kind != moment && gotype.Method(f.value.typ, "IsZero") != nil {
			return fmt.Errorf("%s has a method IsZero", show(f.value.typ))
		}
	}
	if f.quoted {
		switch f.value.kind {
		case integer, natural, truth:
		default:
			return errors.New("its json tag has the option string")
		}
	}
	return nil
}
