package tags

import (
	"errors"
	"fmt"
	"go/types"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/rules"
	"switchyard/internal/spelling"
	"switchyard/router/internal/generate/gotype"
	"switchyard/shared/ijson"
)

// tags are those that huma reads.
//
// Source: huma v2.37.2, schema.go, huma.go and formdata.go.
func tags() []string {
	return []string{
		"path", "query", "header", "cookie", "form", "doc", "format", "timeFormat", "encoding", "default", "example",
		"enum", "nullable", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength",
		"maxLength", "pattern", "patternDescription", "minItems", "maxItems", "uniqueItems", "minProperties",
		"maxProperties", "readOnly", "writeOnly", "deprecated", "hidden", "required", "dependentRequired",
		"additionalProperties", "contentType", "nameHint",
	}
}

// malformed says where a tag is not what package reflect reads, which ends there without
// a word, or returns "".
func malformed(tag string) string {
	_, rest := parseTag(tag)
	if rest == "" {
		return ""
	}
	return fmt.Sprintf("is not understood from %s on: want pairs such as minimum:\"1\", with a space between two", rest)
}

// parseTag returns the names in a tag, and what is left where it cannot be read on.
func parseTag(tag string) (names []string, rest string) {
	for {
		tag = strings.TrimLeft(tag, " ")
		name, value, ok := strings.Cut(tag, ":")
		quoted, err := strconv.QuotedPrefix(value)
		if tag == "" || !ok || err != nil || value[0] != '"' || name == "" || strings.ContainsAny(name, " \"") {
			return names, tag
		}
		names, tag = append(names, name), value[len(quoted):]
	}
}

// misspelt says which tag is most likely meant to be another one, or returns "".
func misspelt(tag reflect.StructTag) string {
	names, _ := parseTag(string(tag))
	for _, name := range names {
		if slices.Contains(tags(), name) {
			continue
		}
		if meant := meantTag(name); meant != "" {
			return fmt.Sprintf("has %s, which means nothing: did you mean %s?", name, meant)
		}
	}
	return ""
}

// meantTag returns the tag that name, which is none, is most likely meant to be, or "".
// Short names are left alone, since other packages have such tags.
func meantTag(name string) string {
	const short, middling = 4, 6
	other := map[string]string{"min": "minimum, minLength or minItems", "max": "maximum, maxLength or maxItems", "description": "doc"}[name]
	if other != "" || len(name) <= short {
		return other
	}
	most := 2 // letters that may be wrong
	if len(name) <= middling {
		most = 1
	}
	for _, known := range tags() {
		if len(known) > short && spelling.Distance(strings.ToLower(known), strings.ToLower(name)) <= most {
			return known
		}
	}
	return ""
}

// undecided says which tag is neither true nor false, but has to be, or returns "".
func undecided(tag reflect.StructTag) string {
	for _, name := range []string{"required", "additionalProperties"} {
		if value, ok := tag.Lookup(name); ok && value != "true" && value != "false" {
			return fmt.Sprintf("has %s:%q: want true or false", name, value)
		}
	}
	return ""
}

// unfit says why huma would refuse the tag of v, or returns "".
func unfit(v *types.Var, tag reflect.StructTag) (problem string) {
	defer func() { // huma's way to say what it does not like
		if v := recover(); v != nil {
			problem = fmt.Sprintf("does not fit: %v", v)
		}
	}()
	f := reflect.StructField{Name: v.Name(), Type: reflected(v.Type(), gotype.MaxDepth), Tag: tag}
	value := tag.Get("default")
	if value != "" && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct {
		return "has a default, which a pointer to a struct cannot have"
	}
	registry := rules.NewRegistry("", newNamer())
	schema := rules.SchemaFromField(registry, f)
	if schema == nil {
		return ""
	}
	if problem := inexact(schema, tag); problem != "" || value == "" {
		return problem
	}
	return refused(registry, schema, f, value)
}

// inexact says which bound or value of an integer is so large that it cannot be told from
// its neighbours, or returns "": validation compares numbers as float64s, of which those
// up to 2^53-1 are exact (RFC 7493, section 2.2).
func inexact(s *huma.Schema, tag reflect.StructTag) string {
	for s.Items != nil {
		s = s.Items
	}
	if s.Type != huma.TypeInteger {
		return ""
	}
	const most = 1<<53 - 1
	for _, name := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "enum"} {
		for text := range strings.SplitSeq(tag.Get(name), ",") {
			if n, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(n) > most {
				return fmt.Sprintf("has %s:%q, but integers are compared exactly only up to %d: "+
					"take a smaller one, or check it in the function", name, text, most)
			}
		}
	}
	return ""
}

// refused says why the field f, whose schema this is, does not take its tag default, or
// returns "".
func refused(registry huma.Registry, schema *huma.Schema, f reflect.StructField, text string) string {
	data := rules.Default(schema, text)
	var value any
	err := ijson.Unmarshal(data, &value)
	if err == nil {
		// huma holds 0.5 for no multiple of 0.01: what it says of multiples is not to be believed.
		schema.MultipleOf = nil
		var result huma.ValidateResult
		huma.Validate(registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &result)
		err = errors.Join(result.Errors...)
	}
	if err == nil {
		// The type alone knows nothing of the option string in the field's tag.
		data = rules.Default(huma.SchemaFromField(registry, f, ""), text)
		err = ijson.Unmarshal(data, reflect.New(f.Type).Interface())
	}
	if err == nil {
		return ""
	}
	reason, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Sprintf("has default:%q, which the field does not take: %s", text, strings.TrimPrefix(reason, "JSON: "))
}

// newNamer returns a function that gives each type a name, which messages show.
func newNamer() func(reflect.Type, string) string {
	names := map[reflect.Type]string{}
	return func(t reflect.Type, _ string) string {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if names[t] == "" {
			names[t] = t.Kind().String() + strings.Repeat("'", len(names))
		}
		return names[t]
	}
}
