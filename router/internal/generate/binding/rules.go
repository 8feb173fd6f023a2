package binding

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// rules are what a value has to be beside of its type. Each is what its tag says; the zero
// value if there is none.
type rules struct {
	minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf *float64
	minLength, maxLength, minItems, maxItems, minProperties          *int
	maxProperties                                                    *int
	pattern, format                                                  string
	enum                                                             []string
	unique                                                           bool
}

// known are the tags of huma that bind somebody. The others are in the document alone, or
// read elsewhere.
func known() []string {
	return []string{
		"format", "timeFormat", "encoding", "enum", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
		"multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties",
		"maxProperties", "additionalProperties", "contentType", "form",
	}
}

// rule sets the rules that a tag gives to v, or says which of its parts is not compiled.
func (v *value) rule(tag reflect.StructTag) error {
	for _, name := range known() {
		text := tag.Get(name)
		if text == "" {
			continue
		}
		if err := v.ruleOf(name, text); err != nil {
			return err
		}
	}
	return nil
}

// ruleOf sets one rule: that of a list's items, or of what is pointed to, with them.
func (v *value) ruleOf(name, text string) error {
	bound, places := v, []kind{}
	switch name {
	case "minItems", "maxItems", "uniqueItems":
		places = []kind{list}
	case "minProperties", "maxProperties":
		places = []kind{dict}
	case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf":
		bound, places = v.scalar(), []kind{integer, natural, decimal}
	case "minLength", "maxLength", "pattern":
		bound, places = v.scalar(), []kind{textKind}
	case "format":
		bound, places = v.scalar(), []kind{textKind, id, moment, integer, natural, decimal}
	case "enum":
		bound, places = v.scalar(), []kind{textKind, integer, natural, decimal}
	}
	if !slices.Contains(places, bound.kind) {
		return fmt.Errorf("its tag %s", name)
	}
	return bound.set(name, text)
}

// scalar returns what rules of texts and numbers are about: v itself, or its items, or what
// it points to.
func (v *value) scalar() *value {
	s := v
	if s.kind == list {
		s = s.elem
	}
	if s.kind == pointer {
		s = s.elem
	}
	return s
}

func (v *value) set(name, text string) error {
	floats := map[string]**float64{
		"minimum": &v.minimum, "exclusiveMinimum": &v.exclusiveMinimum, "maximum": &v.maximum,
		"exclusiveMaximum": &v.exclusiveMaximum, "multipleOf": &v.multipleOf,
	}
	ints := map[string]**int{
		"minLength": &v.minLength, "maxLength": &v.maxLength, "minItems": &v.minItems, "maxItems": &v.maxItems,
		"minProperties": &v.minProperties, "maxProperties": &v.maxProperties,
	}
	switch {
	case floats[name] != nil:
		n, err := strconv.ParseFloat(text, 64)
		*floats[name] = &n
		if err == nil && v.kind == decimal && v.bits == 32 {
			return fmt.Errorf("its tag %s: a float32 is compiled without bounds", name)
		}
		return err
	case ints[name] != nil:
		n, err := strconv.Atoi(text)
		*ints[name] = &n
		return err
	case name == "pattern":
		v.pattern = text
	case name == "uniqueItems":
		v.unique = text == "true"
		if k := v.elem.kind; v.unique && k != textKind && k != id {
			return errors.New("its tag uniqueItems: its items are no strings")
		}
	case name == "enum":
		return v.setEnum(text)
	case name == "format":
		return v.setFormat(text)
	}
	return nil
}

// setEnum notes the values of an enum as Go writes them.
func (v *value) setEnum(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		if v.kind == textKind {
			v.enum = append(v.enum, strconv.Quote(one))
			continue
		}
		n, err := strconv.ParseFloat(one, 64)
		if err != nil || v.kind == decimal && v.bits == 32 || v.kind != decimal && !v.holds(n) {
			return errors.New("its tag enum")
		}
		v.enum = append(v.enum, number(n))
	}
	slices.Sort(v.enum)
	v.enum = slices.Compact(v.enum)
	return nil
}

// setFormat notes a format, if it binds somebody.
func (v *value) setFormat(format string) error {
	known := slices.Contains(formats(), format)
	switch {
	case v.kind == textKind && known:
		v.format = format
	case v.kind == id && format != "uuid" && known, v.kind == moment && format != "date-time":
		return errors.New("its tag format")
	}
	return nil
}

// formats are the formats of texts that bind somebody.
func formats() []string {
	return []string{
		"date-time", "date-time-http", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname",
		"ipv4", "ipv6", "ip", "uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer",
		"relative-json-pointer", "regex",
	}
}

// holds reports whether n is one of the values of v, which is an integer.
func (v *value) holds(n float64) bool {
	if !v.exact(n) {
		return false
	}
	size := v.bits
	if size == 0 {
		size = 32 // on some machines
	}
	if v.kind == natural {
		return size == 64 || n < float64(uint64(1)<<size)
	}
	return size == 64 || n >= -float64(uint64(1)<<(size-1)) && n < float64(uint64(1)<<(size-1))
}

// number returns n as Go writes it: 20, 0.5, 1e+300.
func number(n float64) string {
	format := byte('f')
	if math.Abs(n) >= 1e21 {
		format = 'e' // as digits the compiler takes it for an integer, and too large a one
	}
	return strconv.FormatFloat(n, format, -1, 64)
}

// limits reports whether there is a rule for v itself.
func (r *rules) limits() bool {
	return r.bounds() || r.minLength != nil || r.maxLength != nil || r.pattern != "" || r.format != "" || len(r.enum) > 0 ||
		r.minItems != nil || r.maxItems != nil || r.unique || r.minProperties != nil || r.maxProperties != nil
}

func (r *rules) bounds() bool {
	return r.minimum != nil || r.exclusiveMinimum != nil || r.maximum != nil || r.exclusiveMaximum != nil || r.multipleOf != nil
}
