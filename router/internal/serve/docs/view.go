package docs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// group is a page of endpoints that belong together.
type group struct {
	name       string
	operations []operation
}

// path returns where the group is shown.
func (g group) path() string { return "/docs/" + g.name }

// operation is an endpoint as it is shown.
type operation struct {
	id, method, path string
	summary, more    string
	callers          string // who may call
	parameters       []field
	bodies           []content
	answers          []answered
	failures         []string // statuses of problem documents
}

// content is a body of some media type.
type content struct {
	media   string
	fields  []field
	example string // as JSON; "" if there is none
}

// answered is an answer to an operation.
type answered struct {
	status, about string
	headers       []field
	bodies        []content
}

// field is one line about a value: a parameter, or a member of a body, by its path in there.
type field struct {
	name, kind, about, bounds string
	required                  bool
}

const (
	problemType = "application/problem+json"
	maxDepth    = 6 // of objects in objects, as they are shown
)

func (d *document) operation(method, path string, e endpoint) operation {
	o := operation{
		id: strings.NewReplacer("/", "-", " ", "-").Replace(cmp.Or(e.OperationID, method+path)), method: strings.ToUpper(method),
		path: path, summary: e.Summary, more: e.Description, callers: callers(e.Security), bodies: d.contents(e.RequestBody.Content),
	}
	for _, p := range e.Parameters {
		o.parameters = append(o.parameters, d.parameter(p))
	}
	for _, status := range slices.Sorted(maps.Keys(e.Responses)) {
		r := e.Responses[status]
		if _, problem := r.Content[problemType]; problem {
			o.failures = append(o.failures, status)
			continue
		}
		a := answered{status: status, about: r.Description, bodies: d.contents(r.Content)}
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			header := r.Headers[name]
			header.Name = name
			a.headers = append(a.headers, d.parameter(header))
		}
		o.answers = append(o.answers, a)
	}
	return o
}

// callers says who may call.
func callers(security []map[string][]string) string {
	var who []string
	for _, way := range security {
		for _, name := range slices.Sorted(maps.Keys(way)) {
			who = append(who, cmp.Or(map[string]string{"session": "a signed-in user", "key": "a machine with a key"}[name], name))
		}
	}
	if len(who) == 0 {
		return "everybody"
	}
	return strings.Join(who, " or ")
}

func (d *document) parameter(p parameter) field {
	f := field{name: p.Name, about: p.Description, required: p.Required}
	if p.Schema != nil {
		f.kind, f.bounds = d.kind(p.Schema), bounds(p.Schema)
		f.about = cmp.Or(f.about, p.Schema.Description)
	}
	if p.In != "" {
		f.kind = p.In + " · " + f.kind
	}
	return f
}

func (d *document) contents(all map[string]media) (bodies []content) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := content{media: name}
		if s := all[name].Schema; s != nil {
			c.fields = d.fields(nil, s, "", nil)
			if example := d.example(s, nil); strings.Contains(name, "json") && example != nil {
				text, _ := json.MarshalIndent(example, "", "  ") // of what was JSON
				c.example = string(text)
			}
		}
		bodies = append(bodies, c)
	}
	return bodies
}

// fields adds the members of s to all. at is where s stands, and within are the names of the
// schemas that it stands in.
func (d *document) fields(all []field, s *schema, at string, within []string) []field {
	s, name := d.resolve(s)
	if len(within) >= maxDepth || name != "" && slices.Contains(within, name) {
		return all
	}
	within = append(within, name)
	for _, part := range s.AllOf {
		all = d.fields(all, part, at, within)
	}
	if s.Items != nil {
		all = d.fields(all, s.Items, at+"[]", within)
	}
	for _, member := range slices.Sorted(maps.Keys(s.Properties)) {
		p, path := s.Properties[member], member
		if at != "" {
			path = at + "." + member
		}
		target, _ := d.resolve(p)
		all = append(all, field{
			name: path, kind: d.kind(p), about: cmp.Or(p.Description, target.Description), bounds: bounds(target),
			required: slices.Contains(s.Required, member),
		})
		all = d.fields(all, p, path, within)
	}
	return all
}

// kind names the type of s.
func (d *document) kind(s *schema) string {
	s, _ = d.resolve(s)
	name := "any"
	if len(s.Type) > 0 {
		name = strings.Join(s.Type, " or ")
	}
	switch {
	case s.Items != nil:
		return "array of " + d.kind(s.Items)
	case s.AdditionalProperties.schema != nil:
		return "object of " + d.kind(s.AdditionalProperties.schema)
	case s.Format != "":
		return name + " (" + s.Format + ")"
	}
	return name
}

// bounds says which values s takes.
func bounds(s *schema) string {
	var said []string
	if len(s.Enum) > 0 {
		said = append(said, "one of "+list(s.Enum))
	}
	said = append(said, between(number(s.Minimum), number(s.Maximum), ""), between(count(s.MinLength), count(s.MaxLength), " characters"),
		between(number(s.MinItems), number(s.MaxItems), " elements"))
	if s.Pattern != "" {
		said = append(said, "matches "+s.Pattern)
	}
	if s.Default != nil {
		said = append(said, "default "+list([]any{s.Default}))
	}
	return strings.Join(slices.DeleteFunc(said, func(text string) bool { return text == "" }), "; ")
}

func list(values []any) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, fmt.Sprint(v))
	}
	return strings.Join(texts, ", ")
}

func number(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

func count(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func between(least, most, unit string) string {
	switch {
	case least != "" && most != "":
		return least + " to " + most + unit
	case least != "":
		return "at least " + least + unit
	case most != "":
		return "at most " + most + unit
	}
	return ""
}
