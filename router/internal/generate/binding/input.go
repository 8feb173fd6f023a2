package binding

import (
	"errors"
	"fmt"
	"go/types"
	"net/textproto"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchyard/shared/ijson"
)

// param is a parameter of the path, the query, a header or a cookie.
type param struct {
	in       string // "path", "query", "header", "cookie"
	name     string
	path     string // of its field, from the Input
	value    *value
	required bool
	exploded bool   // a list of which each item is given by itself
	fallback string // its default, in Go; "" if it has none
}

// places are where parameters stand.
func places() []string { return []string{"path", "query", "header", "cookie"} }

// readInput describes the Input t.
func (e *endpoint) readInput(t types.Type) error {
	d := newDescriber(false)
	s, _ := t.Underlying().(*types.Struct)
	if err := d.ownMatter(t); err != nil {
		return err
	}
	if err := e.inputFields(d, s, ""); err != nil {
		return err
	}
	var sent names
	for _, p := range e.params {
		sent = append(sent, p.in+" "+p.name)
	}
	for _, all := range []names{sent, e.names} {
		if name := all.twice(); name != "" {
			return fmt.Errorf("%s is there more than once", name)
		}
	}
	return nil
}

func (e *endpoint) inputFields(d *describer, s *types.Struct, path string) error {
	for i := range s.NumFields() {
		f, tag := s.Field(i), reflect.StructTag(s.Tag(i))
		e.names.add(f)
		var err error
		switch in := placeOf(tag); {
		case f.Embedded():
			err = e.embeddedInput(d, f, path)
		case !f.Exported():
		case f.Name() == "RawBody":
			err = errors.New("the function reads it itself")
		case f.Name() == "Body":
			err = e.readBody(d, f, tag, path)
		case in != "":
			err = e.readParam(d, f, tag, in, path)
		default:
			err = d.unresolved(f.Type())
		}
		if err != nil {
			return within(f.Name(), err)
		}
	}
	return nil
}

// placeOf returns where the parameter with this tag stands; "" if it is none.
func placeOf(tag reflect.StructTag) string {
	for _, in := range places() {
		if name, _, _ := strings.Cut(tag.Get(in), ","); name != "" {
			return in
		}
	}
	return ""
}

// unresolved makes sure of a field that is not read that nothing in it looks at the request.
func (d *describer) unresolved(t types.Type) error {
	_, err := d.value(t)
	return err
}

func (e *endpoint) embeddedInput(d *describer, f *types.Var, path string) error {
	return d.inside(f, func(inner *types.Struct) error {
		return e.inputFields(d, inner, path+f.Name()+".")
	})
}

// readBody describes the Body.
func (e *endpoint) readBody(d *describer, f *types.Var, tag reflect.StructTag, path string) (err error) {
	if t := tag.Get("contentType"); t != "" && t != "application/json" || e.body != nil || path != "" || tag.Get("default") != "" || placeOf(tag) != "" {
		return errors.New("it is no plain body")
	}
	if e.body, err = d.value(f.Type()); err != nil {
		return err
	}
	e.needsBody = !isPointer(f.Type()) || tag.Get("required") == "true"
	return e.body.rule(tag)
}

func (e *endpoint) readParam(d *describer, f *types.Var, tag reflect.StructTag, in, path string) (err error) {
	p := param{in: in, path: path + f.Name(), required: in == "path"}
	var options string
	p.name, options, _ = strings.Cut(tag.Get(in), ",")
	p.exploded = options == "explode"
	if required, ok := tag.Lookup("required"); ok {
		p.required = required == "true"
	}
	if in == "header" {
		p.name = textproto.CanonicalMIMEHeaderKey(p.name)
	}
	if p.value, err = d.value(f.Type()); err != nil {
		return err
	}
	if !slices.Contains([]kind{textKind, truth, integer, natural, decimal, id, moment}, p.item().kind) {
		return fmt.Errorf("a parameter that is %s", show(f.Type()))
	}
	if p.value.kind == list && (in == "path" || in == "cookie") {
		return errors.New("it is a list in a " + in)
	}
	if in == "path" && (!p.required || tag.Get("default") != "") {
		return errors.New("it is in the path, and need not be there")
	}
	if in == "header" && p.item().kind == moment && tag.Get("format") != "" {
		return errors.New("its tag format")
	}
	if err := p.value.rule(tag); err != nil {
		return err
	}
	if text := tag.Get("default"); text != "" {
		if p.fallback, err = p.parseDefault(text); err != nil {
			return err
		}
		if !p.value.allows(text) {
			return errors.New("its tag default is against its rules")
		}
	}
	e.params = append(e.params, p)
	return nil
}

// item describes one value of the parameter.
func (p *param) item() *value {
	if p.value.kind == list {
		return p.value.elem
	}
	return p.value
}

// parseDefault returns what endpoint makes of the text of a default, in Go.
func (p *param) parseDefault(text string) (string, error) {
	if p.value.kind != list {
		return p.value.literal(ijson.Whole(text), text)
	}
	if p.exploded || p.in != "query" || p.value.elem.kind != textKind || strings.ContainsAny(text, "[]\" ") {
		return "", errors.New("its tag default")
	}
	return p.value.texts(strings.Split(text, ","))
}

// literal returns the Go of a default whose text this is, or, of an integer, whole.
func (v *value) literal(whole, text string) (string, error) {
	bits := v.bits
	if bits == 0 {
		bits = 32
	}
	var err error
	switch v.kind {
	case textKind:
		if !utf8.ValidString(text) {
			err = errors.New("no text")
		}
		text = strconv.Quote(text)
	case truth:
		if text != "true" && text != "false" {
			err = errors.New("no truth value")
		}
	case integer:
		_, err = strconv.ParseInt(whole, 10, bits)
		text = whole
	case natural:
		_, err = strconv.ParseUint(whole, 10, bits)
		text = whole
	case decimal:
		var n float64
		n, err = strconv.ParseFloat(text, 64)
		text = number(n)
		if n == 0 || bits == 32 && v.bits != 0 {
			err = errors.New("a zero, or a float32")
		}
	default:
		err = errors.New("no default that is compiled")
	}
	if err != nil || v.multipleOf != nil {
		return "", errors.New("its tag default")
	}
	return text, nil
}

// texts returns the Go of a list of texts.
func (v *value) texts(all []string) (string, error) {
	if v.named || v.elem.named {
		return "", errors.New("its tag default")
	}
	for i, one := range all {
		all[i] = strconv.Quote(one)
	}
	return "[]string{" + strings.Join(all, ", ") + "}", nil
}

// checkInput reads what the tag of a field of a body says.
func (f *field) checkInput(tag reflect.StructTag) (err error) {
	if f.quoted {
		return errors.New("its json tag has the option string")
	}
	json := tag.Get("json")
	if strings.Contains(json, omitEmpty) || strings.Contains(json, omitZero) {
		f.required = false
	}
	if required, ok := tag.Lookup("required"); ok {
		f.required = required == "true"
	}
	if tag.Get("hidden") == "true" {
		f.required = false
	}
	fallback := tag.Get("default")
	if f.value.kind == pointer && fallback == "" && tag.Get("nullable") == "" {
		scalar := f.value.elem.nullable() && !strings.Contains(json, omitEmpty)
		f.value.null = !f.required || scalar
	}
	if tag.Get("readOnly") == "true" {
		f.required = false // of those who send
	}
	if needs := tag.Get("dependentRequired"); strings.TrimSpace(needs) != "" {
		f.needs, f.value.null = strings.Split(needs, ","), false
	}
	if err := f.value.rule(tag); err != nil {
		return err
	}
	if fallback != "" {
		f.fallback, err = f.parseDefault(fallback)
	}
	return err
}

// parseDefault returns the Go of the default of a field of a body.
func (f *field) parseDefault(text string) (string, error) {
	switch v := f.value; {
	case v.kind == list && v.elem.kind == textKind && !strings.HasPrefix(text, "["):
		all := strings.Split(text, ",")
		for i := range all {
			all[i] = strings.TrimSpace(all[i])
		}
		return v.texts(all)
	case v.kind == pointer && !v.elem.named:
		of, err := v.elem.literal(text, text)
		return fmt.Sprintf("new(%s(%s))", v.elem.typ, of), err
	default:
		return v.literal(text, text)
	}
}
