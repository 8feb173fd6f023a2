package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// document is what the pages show of an OpenAPI 3.1 document.
type document struct {
	Info       struct{ Title, Version, Description string }
	Paths      map[string]map[string]endpoint // by path and method
	Components struct{ Schemas map[string]*schema }
}

type endpoint struct {
	OperationID, Summary, Description string

	Tags        []string
	Security    []map[string][]string
	Parameters  []parameter
	RequestBody struct{ Content map[string]media }
	Responses   map[string]response // by status
}

type parameter struct {
	Name, In, Description string

	Required bool
	Schema   *schema
}

type media struct{ Schema *schema }

type response struct {
	Description string
	Headers     map[string]parameter
	Content     map[string]media
}

// schema is a JSON schema, as far as it is shown.
type schema struct {
	Ref                            string `json:"$ref"`
	Description, Format, Pattern   string
	Type                           types
	Properties                     map[string]*schema
	Required                       []string
	Items                          *schema
	AdditionalProperties           further
	AnyOf, OneOf, AllOf            []*schema
	Enum, Examples                 []any
	Default                        any
	Minimum, Maximum               *float64
	MinLength, MaxLength           *int
	MinItems, MaxItems, MultipleOf *float64
}

// types are the names of types: JSON Schema has one, or an array of them.
type types []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *types) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*t = make(types, 1)
		return json.Unmarshal(b, &(*t)[0])
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// further is the schema of members that an object does not name; nil if it is only said
// whether there may be any.
type further struct{ *schema }

// UnmarshalJSON implements [json.Unmarshaler].
func (f *further) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, &f.schema)
	}
	return nil
}

// read reads a document.
func read(text []byte) (*document, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	return &d, nil
}

// resolve returns what s refers to, and what that is called; s and "" if it refers to nothing.
func (d *document) resolve(s *schema) (*schema, string) {
	name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
	if to := d.Components.Schemas[name]; s.Ref != "" && to != nil {
		return to, name
	}
	return s, ""
}

// methods are those of endpoints, in the order in which they are shown.
func methods() []string {
	return []string{"get", "head", "post", "put", "patch", "delete", "options", "trace"}
}

// groups returns the endpoints by their tags, sorted.
func (d *document) groups() []group {
	byName := map[string]*group{}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range methods() {
			e, ok := d.Paths[path][method]
			if !ok {
				continue
			}
			name := "other"
			if len(e.Tags) > 0 {
				name = e.Tags[0]
			}
			if byName[name] == nil {
				byName[name] = &group{name: name}
			}
			byName[name].operations = append(byName[name].operations, d.operation(method, path, e))
		}
	}
	var all []group
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, *byName[name])
	}
	return all
}
