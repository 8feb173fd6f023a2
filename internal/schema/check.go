package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// words are what may stand in a block, as far as Atlas reads it: other words it would
// pass over in silence. What stands in other blocks is not checked.
var words = map[string][]string{ //nolint:gochecknoglobals // a constant
	"":            {"schema", "table", "enum", "domain", "composite", "sequence", "aggregate", "policy", "extension", "event_trigger", "variable", "locals"},
	"table":       {"schema", "column", "primary_key", "index", "foreign_key", "check", "unique", "partition", "comment", "depends_on"},
	"column":      {"type", "null", "default", "identity", "as", "comment"},
	"primary_key": {"columns", "on", "include"},
	"index":       {"columns", "on", "unique", "where", "type", "include", "nulls_distinct", "page_per_range", "comment"},
	"on":          {"column", "expr", "desc", "nulls_first", "nulls_last", "ops"},
	"check":       {"expr"},
	"foreign_key": {"columns", "ref_columns", "on_update", "on_delete"},
}

// checker collects what is wrong with a source that HCL and Atlas do not tell, or not
// in a way that helps.
type checker struct {
	schemas  map[string]bool
	tables   map[string]map[string]bool // the columns of each table, by its last label
	problems []Problem
}

func (s bodies) check() []Problem {
	c := &checker{schemas: map[string]bool{}, tables: map[string]map[string]bool{}}
	for _, body := range s {
		for _, b := range body.Blocks {
			if b.Type == "schema" && len(b.Labels) == 1 {
				c.schemas[b.Labels[0]] = true
			}
		}
	}
	relations := map[string]hcl.Range{} // tables and indexes share their names
	for _, t := range s.tables() {
		c.addTable(t, relations)
	}
	for _, body := range s {
		c.words("", body)
		c.references(body, nil)
	}
	return c.problems
}

func (c *checker) report(r hcl.Range, format string, args ...any) {
	c.problems = append(c.problems, problemAt(r, format, args...))
}

// addTable notes the names that t brings along, each of which must be new.
func (c *checker) addTable(t *hclsyntax.Block, relations map[string]hcl.Range) {
	name := t.Labels[len(t.Labels)-1]
	columns := map[string]bool{}
	c.takeName(relations, fullName(t), "table "+name, t.DefRange())
	if t.Body.Attributes["schema"] == nil {
		c.report(t.DefRange(), "the table %s has no schema, and no other file has a table %[1]s to which this could add: write schema = schema.public into it", name)
	}
	place, _, _ := strings.Cut(fullName(t), ".")
	for _, b := range t.Body.Blocks {
		if len(b.Labels) == 0 {
			continue
		}
		label := b.Labels[0]
		switch b.Type {
		case "column":
			if columns[label] {
				c.report(b.DefRange(), "the table %s has two columns %s", name, label)
			}
			if b.Body.Attributes["type"] == nil {
				c.report(b.DefRange(), "the column %s.%s has no type: add for example type = text", name, label)
			}
			columns[label] = true
		case "index", "unique":
			c.takeName(relations, place+"."+label, b.Type+" "+label, b.DefRange())
		}
	}
	if c.tables[name] == nil {
		c.tables[name] = map[string]bool{}
	}
	maps.Copy(c.tables[name], columns)
}

// takeName reports a name that something has already.
func (c *checker) takeName(taken map[string]hcl.Range, name, what string, at hcl.Range) {
	if other, ok := taken[name]; ok {
		c.report(at, "the %s: %s:%d has a table or an index of that name", what, other.Filename, other.Start.Line)
		return
	}
	taken[name] = at
}

// words reports what nobody understands in body, which is that of a block of type kind.
func (c *checker) words(kind string, body *hclsyntax.Body) {
	known, ok := words[kind]
	if !ok {
		return
	}
	unknown := func(word string, at hcl.Range) {
		if !slices.Contains(known, word) {
			c.report(at, "%s is not understood here: want one of %s", word, strings.Join(known, ", "))
		}
	}
	for _, a := range body.Attributes {
		unknown(a.Name, a.NameRange)
	}
	for _, b := range body.Blocks {
		unknown(b.Type, b.TypeRange)
		c.words(b.Type, b.Body)
	}
}

// references reports what is referred to in body, and is not there. columns are those of
// the table that body stands in; nil outside of one.
func (c *checker) references(body *hclsyntax.Body, columns map[string]bool) {
	for _, a := range body.Attributes {
		for _, t := range a.Expr.Variables() {
			c.reference(t, columns)
		}
	}
	for _, b := range body.Blocks {
		if b.Type == "table" && len(b.Labels) > 0 {
			c.references(b.Body, c.tables[b.Labels[len(b.Labels)-1]])
			continue
		}
		c.references(b.Body, columns)
	}
}

func (c *checker) reference(t hcl.Traversal, columns map[string]bool) {
	var steps []string
	for _, step := range t[1:] {
		steps = append(steps, stepName(step))
	}
	if len(steps) == 0 {
		return
	}
	at, name := t.SourceRange(), steps[0]
	switch {
	case t.RootName() == "schema" && !c.schemas[name]:
		c.report(at, "there is no schema %s: add to schema/schema.hcl the line: schema %q {}", name, name)
	case t.RootName() == "column" && columns != nil && !columns[name]:
		c.report(at, "this table has no column %s", name)
	case t.RootName() == "table":
		c.tableReference(at, steps)
	}
}

// tableReference checks table.user.column.id, of which steps are what stands after
// "table", or table.auth.user.column.id, which names the PostgreSQL schema too.
func (c *checker) tableReference(at hcl.Range, steps []string) {
	if len(steps) > 1 && steps[1] != "column" {
		steps = steps[1:]
	}
	columns, ok := c.tables[steps[0]]
	switch {
	case !ok:
		c.report(at, "there is no table %s: neither schema/schema.hcl has it, nor the schema.hcl of a service", steps[0])
	case len(steps) > 2 && steps[1] == "column" && !columns[steps[2]]:
		c.report(at, "the table %s has no column %s", steps[0], steps[2])
	}
}
