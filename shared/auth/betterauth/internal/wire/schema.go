package wire

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Kind is what sort of JSON value a field holds.
type Kind string

// The kinds, by the names they have in messages.
const (
	String  Kind = "string"
	Boolean Kind = "boolean"
	Number  Kind = "number"
	Object  Kind = "object"
	Array   Kind = "array"
	Record  Kind = "record" // an object with any keys
	Any     Kind = "any"
)

// Limits of what a user says of himself, in UTF-16 code units. Better Auth has none. Both are
// in each session's cookie, if cookies hold a copy of it, and on pages.
const (
	MaxName  = 200  // as the forms of the pages have it
	MaxImage = 2048 // a URL
)

// Field is one field of a body or query.
type Field struct {
	Name     string
	Kind     Kind
	Optional bool // it may be missing; one of kind Any always may
	Nullable bool
	Union    bool    // the message that it is wrong does not say what was expected
	Email    bool    // a string that must be an e-mail address
	MinLen   int     // of a string, in UTF-16 code units
	MaxLen   int     // of a string, the same; any if 0
	Fields   []Field // of an object
	Elem     Kind    // of an array or record
}

// OptionalText returns a field that is text if it is there.
func OptionalText(name string) Field { return Field{Name: name, Kind: String, Optional: true} }

// Schema is what a body or query must be. Other keys than its fields are left out,
// unless it is a Record, Loose or Strict.
type Schema struct {
	Kind     Kind // Object unless set to Record
	Optional bool // there need not be any
	Loose    bool // other keys are kept: zod's z.object(…).and(z.record(…))
	Strict   bool // other keys are refused
	Fields   []Field
}

// Values are the fields of a checked body or query.
type Values map[string]any

// Text returns a string field, "" if it is not there.
func (v Values) Text(name string) string { s, _ := v[name].(string); return s }

// Has reports whether the field is there, even if it is null.
func (v Values) Has(name string) bool { _, ok := v[name]; return ok }

// Bool returns a boolean field, or def if it is not there.
func (v Values) Bool(name string, def bool) bool {
	if b, ok := v[name].(bool); ok {
		return b
	}
	return def
}

// Flag reports whether a query parameter is set: to anything, even "false".
func (v Values) Flag(name string) bool { s, ok := v[name]; return ok && s != "" }

// Length returns the length of s as JavaScript counts it: in UTF-16 code units.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Clip returns what s begins with, of n UTF-16 code units at most.
func Clip(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return s[:i]
		}
	}
	return s
}

// Check returns the fields of in, which is the "body" or the "query" (where), or
// the *Error VALIDATION_ERROR with the messages of zod 4. A nil schema takes
// everything.
func (s *Schema) Check(where string, in Input) (Values, error) {
	object, ok := in.Value.(map[string]any)
	if s == nil {
		return object, nil
	}
	if !in.Present && s.Optional {
		return nil, nil
	}
	var c checker
	var values Values
	if ok {
		values = s.fields(&c, where, object)
	} else {
		s.mistaken(&c, where, in)
	}
	if hasZero(in.Value) {
		c.note(where, "Invalid input: a string holds U+0000")
	}
	if len(c.problems) > 0 {
		return nil, Fail(http.StatusBadRequest, "VALIDATION_ERROR", strings.Join(c.problems, "; "))
	}
	return values, nil
}

// mistaken notes that in is no object.
func (s *Schema) mistaken(c *checker, where string, in Input) {
	kind := Object
	if s.Kind != "" {
		kind = s.Kind
	}
	c.expected(where, kind, in)
	if s.Loose {
		c.expected(where, Record, in)
	}
}

func (s *Schema) fields(c *checker, where string, object map[string]any) Values {
	values := c.fields(where, s.Fields, object)
	var others []string
	for name := range object {
		if !slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Name == name }) {
			others = append(others, name)
		}
	}
	switch {
	case s.Kind == Record, s.Loose:
		for _, name := range others {
			values[name] = object[name]
		}
	case s.Strict && len(others) > 0:
		slices.Sort(others)
		for i, name := range others {
			others[i] = strconv.Quote(name)
		}
		plural := ""
		if len(others) > 1 {
			plural = "s"
		}
		c.note(where, "Unrecognized key%s: %s", plural, strings.Join(others, ", "))
	}
	return values
}

// checker collects what is wrong.
type checker struct{ problems []string }

func (c *checker) note(path, format string, args ...any) {
	c.problems = append(c.problems, "["+path+"] "+fmt.Sprintf(format, args...))
}

func (c *checker) expected(path string, kind Kind, in Input) {
	c.note(path, "Invalid input: expected %s, received %s", kind, in.kind())
}

// fields checks the fields of an object and returns those that are there.
func (c *checker) fields(path string, fields []Field, object map[string]any) Values {
	values := make(Values, len(fields))
	for _, f := range fields {
		v, ok := object[f.Name]
		if ok {
			values[f.Name] = v
		}
		c.field(path+"."+f.Name, f, Input{v, ok})
	}
	return values
}

func (c *checker) field(path string, f Field, in Input) {
	switch {
	case f.Kind == Any, f.Optional && !in.Present, f.Nullable && in.Present && in.Value == nil:
		return
	case !in.is(f.Kind) && f.Union:
		c.note(path, "Invalid input")
		return
	case !in.is(f.Kind):
		c.expected(path, f.Kind, in)
		return
	}
	switch v := in.Value.(type) {
	case string:
		switch {
		case f.Email && !IsEmail(v):
			c.note(path, "Invalid email address")
		case Length(v) < f.MinLen:
			c.note(path, "Too small: expected string to have >=%d characters", f.MinLen)
		case f.MaxLen > 0 && Length(v) > f.MaxLen:
			c.note(path, "Too big: expected string to have <=%d characters", f.MaxLen)
		}
	case []any:
		for i, elem := range v {
			c.element(path+"."+strconv.Itoa(i), f.Elem, elem)
		}
	case map[string]any:
		c.fields(path, f.Fields, v)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			c.element(path+"."+name, f.Elem, v[name])
		}
	}
}

// element checks an element of an array or record; all are good without a kind.
func (c *checker) element(path string, kind Kind, v any) {
	if in := (Input{v, true}); kind != "" && kind != Any && !in.is(kind) {
		c.expected(path, kind, in)
	}
}
