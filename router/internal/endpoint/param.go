package endpoint

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/storable"
)

// param is one parameter of an endpoint's Input: of its path, query, header, cookies or
// form.
type param struct {
	index    []int  // of its field
	in       string // "path", "query", "header", "cookie" or "form"
	name     string
	header   string // how net/http spells its name, if it is one
	at       string // where it is: "query.limit"
	required bool
	fallback string // its default; "" if it has none
	list     bool
	whole    bool // a value of the list may have commas
	wrapped  bool // by a huma.ParamWrapper
	cookie   bool // the field takes the cookie itself
	text     bool // "" is a value of it
	parse    parser
	rules    *huma.Schema // nil if whatever parses is good
}

// findParams returns the parameters that t, an Input or a form, asks for in one of
// these places.
func findParams(registry huma.Registry, t reflect.Type, places ...string) ([]param, error) {
	var all []param
	for _, f := range reflect.VisibleFields(t) {
		for _, in := range places {
			name, options, _ := strings.Cut(f.Tag.Get(in), ",")
			if name == "" || f.Anonymous || !f.IsExported() || isFile(f.Type) {
				continue
			}
			p, err := newParam(registry, f, in, name, strings.Split(options, ","))
			if err != nil {
				return nil, fmt.Errorf("field %s: %w", f.Name, err)
			}
			all = append(all, p)
			break
		}
	}
	return all, nil
}

func newParam(registry huma.Registry, f reflect.StructField, in, name string, options []string) (param, error) {
	p := param{
		index: f.Index, in: in, name: name, at: in + "." + name,
		required: in == "path" || in == "form", fallback: f.Tag.Get("default"), whole: in == "form",
	}
	if required, ok := f.Tag.Lookup("required"); ok {
		p.required = required == "true"
	}
	for _, option := range options {
		switch option {
		case "":
		case "explode":
			p.whole = true
		default:
			return p, fmt.Errorf("a parameter cannot be %s: use a body", option)
		}
	}
	if in == "header" {
		p.header = textproto.CanonicalMIMEHeaderKey(name)
	}
	t := f.Type
	if p.cookie = in == "cookie" && t == reflect.TypeFor[http.Cookie](); p.cookie {
		t = reflect.TypeFor[string]()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[huma.ParamWrapper]()) {
		wrapper, _ := reflect.TypeAssert[huma.ParamWrapper](reflect.New(t))
		p.wrapped, t = true, wrapper.Receiver().Type()
	}
	if p.list = t.Kind() == reflect.Slice; p.list {
		t = t.Elem()
	}
	p.text = t.Kind() == reflect.String && t != reflect.TypeFor[json.Number]()
	if schema := huma.SchemaFromField(registry, f, ""); restricts(schema) {
		p.rules = schema
	}
	var err error
	p.parse, err = parserOf(t, layout(f, in))
	return p, err
}

// layout returns how a time is written in the field f.
func layout(f reflect.StructField, in string) string {
	switch format := f.Tag.Get("timeFormat"); {
	case format != "":
		return format
	case in == "header":
		return http.TimeFormat
	}
	return time.RFC3339Nano
}

// restricts reports whether there is something that s refuses of what parses.
func restricts(s *huma.Schema) bool {
	if s.Type == huma.TypeArray {
		return s.MinItems != nil || s.MaxItems != nil || s.UniqueItems || restricts(s.Items)
	}
	return s.Ref != "" || s.Minimum != nil || s.ExclusiveMinimum != nil || s.Maximum != nil || s.ExclusiveMaximum != nil ||
		s.MultipleOf != nil || s.MinLength != nil || s.MaxLength != nil || s.Pattern != "" || s.ContentEncoding != "" ||
		len(s.Enum) > 0 || s.OneOf != nil || s.AnyOf != nil || s.AllOf != nil || s.Not != nil ||
		(s.Type == huma.TypeString && s.Format != "")
}

// read sets the parameter's field in v from the values that were given for it, and notes
// in c what is wrong with them. No values stand for a parameter that was not given.
//
// "" counts as not given, unless it is a text that may be missing: no default takes the
// place of that.
func (p *param) read(v reflect.Value, given []string, c *check) {
	if slices.ContainsFunc(given, func(s string) bool { return !storable.Text(s) }) {
		c.add(p.at, "is not UTF-8, or has a zero byte")
		return
	}
	if len(given) > 1 && !p.list {
		if p.in != "header" {
			c.add(p.at, "is given more than once")
			return
		}
		given = []string{strings.Join(given, ",")} // RFC 9110, section 5.3
	}
	empty := len(given) == 0 || (len(given) == 1 && given[0] == "")
	switch {
	case empty && p.fallback != "" && (len(given) == 0 || !p.text):
		given = []string{p.fallback}
	case empty && p.required:
		c.add(p.at, "required "+p.in+" parameter is missing")
		return
	case empty && (len(given) == 0 || !p.text):
		return
	}
	p.set(v, given, c)
}

// set sets the parameter's field in v.
func (p *param) set(v reflect.Value, given []string, c *check) {
	field := fieldOf(v, p.index)
	target := field
	if p.cookie {
		target = field.FieldByName("Value")
	}
	if p.wrapped {
		wrapper, _ := reflect.TypeAssert[huma.ParamWrapper](field.Addr())
		target = wrapper.Receiver()
	}
	value, err := p.parseAll(target, given)
	if err != nil {
		c.add(p.at, err.Error())
		return
	}
	if reactor, ok := reflect.TypeAssert[huma.ParamReactor](field.Addr()); ok {
		reactor.OnParamSet(true, value)
	}
	if p.rules != nil {
		c.validate(p.rules, value, p.in, p.name)
	}
}

// parseAll sets target to what the values say, and returns that as a schema has it.
func (p *param) parseAll(target reflect.Value, given []string) (any, error) {
	if !p.list {
		return p.parse(target, given[0])
	}
	items := p.split(given)
	values := make([]any, len(items))
	target.Set(reflect.MakeSlice(target.Type(), len(items), len(items)))
	for i, item := range items {
		var err error
		if values[i], err = p.parse(target.Index(i), item); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// split returns the items of a list: all of all the times that it was given.
func (p *param) split(given []string) []string {
	if len(given) == 1 && given[0] == "" {
		return nil // an empty list
	}
	if p.whole {
		return given
	}
	var items []string
	for _, some := range given {
		for item := range strings.SplitSeq(some, ",") {
			if p.in == "header" {
				item = textproto.TrimString(item)
			}
			items = append(items, item)
		}
	}
	return items
}

// fieldOf returns the field of v with this index, and makes what lies between.
func fieldOf(v reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// pair is one part of a query.
type pair struct{ name, value string }

// parseQuery appends the parts of a query to pairs. A semicolon is a character like any
// other, as in the URL standard. What is not well encoded, the host refuses.
func parseQuery(query string, pairs []pair) []pair {
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescape(name), unescape(value)})
	}
	return pairs
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
