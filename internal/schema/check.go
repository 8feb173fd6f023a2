package schema

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// checker collects what is wrong with a source that HCL and Atlas do not tell, or not
// in a way that helps.
type checker struct {
	schemas  map[string]bool
	tables   map[string]map[string]bool // the columns of each table, by its last label
	enums    map[string][]string        // the values of each enum, by its last label
	locals   map[string]cty.Value       // what blocks locals say
	problems []Problem
}

func (s bodies) check() []Problem {
	c := &checker{schemas: map[string]bool{}, tables: map[string]map[string]bool{}, enums: map[string][]string{}, locals: map[string]cty.Value{}}
	for _, body := range s {
		for _, b := range body.Blocks {
			switch {
			case b.Type == "schema" && len(b.Labels) == 1:
				c.schemas[b.Labels[0]] = true
			case b.Type == "locals":
				c.addLocals(b)
			}
		}
	}
	relations := map[string]hcl.Range{} // tables, indexes and types share their names
	for _, e := range s.blocks("enum") {
		c.takeName(relations, fullName(e), "enum "+lastLabel(e), e.DefRange())
		c.addEnum(e)
	}
	for _, t := range s.tables() {
		c.addTable(t, relations)
	}
	for _, body := range s {
		c.words("", body)
		c.references(body, nil)
	}
	s.checkRenames(c)
	return c.problems
}

// addLocals notes values that have names, which attributes may refer to.
func (c *checker) addLocals(b *hclsyntax.Block) {
	for _, a := range sortedAttributes(b.Body) {
		v, ok := c.value(a)
		if !ok {
			c.report(a.NameRange, "%s: want a value that is written out", a.Name)
			continue
		}
		if _, twice := c.locals[a.Name]; twice {
			c.report(a.NameRange, "there is a local value %s already", a.Name)
		}
		c.locals[a.Name] = v
	}
	for _, inner := range b.Body.Blocks {
		c.report(inner.TypeRange, "%s is not understood here: write name = value", inner.Type)
	}
	if len(b.Labels) > 0 {
		c.report(b.DefRange(), "a block locals has no name")
	}
}

// addEnum notes the values of an enum.
func (c *checker) addEnum(e *hclsyntax.Block) {
	a := e.Body.Attributes["values"]
	if a == nil || someValues(c, a) != "" {
		return
	}
	v, _ := c.value(a)
	for it := v.ElementIterator(); it.Next(); {
		_, value := it.Element()
		c.enums[lastLabel(e)] = append(c.enums[lastLabel(e)], value.AsString())
	}
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
	rules := map[string]hcl.Range{} // what a table has of one name
	for _, b := range t.Body.Blocks {
		if len(b.Labels) == 0 {
			continue
		}
		label := lastLabel(b)
		switch b.Type {
		case "primary_key":
			c.keyName(name, b)
		case "column":
			c.addColumn(name, b, columns)
		case "index":
			c.indexParts(b)
		case "unique", "check", "foreign_key":
			c.takeRule(rules, label, b)
		}
		if b.Type == "index" || b.Type == "unique" {
			c.takeName(relations, placeOf(t)+"."+label, b.Type+" "+label, b.DefRange())
		}
	}
	if c.tables[name] == nil {
		c.tables[name] = map[string]bool{}
	}
	maps.Copy(c.tables[name], columns)
}

// addColumn notes a column of a table, which must be new in columns.
func (c *checker) addColumn(table string, b *hclsyntax.Block, columns map[string]bool) {
	label := lastLabel(b)
	if columns[label] {
		c.report(b.DefRange(), "the table %s has two columns %s", table, label)
	}
	if b.Body.Attributes["type"] == nil {
		c.report(b.DefRange(), "the column %s.%s has no type: add for example type = text", table, label)
	}
	columns[label] = true
	c.column(b)
}

// keyName reports a name of a primary key that Atlas does not give it.
func (c *checker) keyName(table string, b *hclsyntax.Block) {
	if name := table + "_pkey"; lastLabel(b) != name {
		c.report(b.DefRange(), "the primary key of %s is called %s: remove the name here; an SQL file can rename it", table, name)
	}
}

// indexParts reports what the blocks on of an index say that does not go together.
func (c *checker) indexParts(b *hclsyntax.Block) {
	for _, on := range b.Body.Blocks {
		if on.Type == "on" && on.Body.Attributes["nulls_first"] != nil && on.Body.Attributes["nulls_last"] != nil {
			c.report(on.TypeRange, "on has nulls_first and nulls_last: remove one")
		}
	}
}

// takeRule reports a constraint whose name another one of the table has.
func (c *checker) takeRule(rules map[string]hcl.Range, label string, b *hclsyntax.Block) {
	if other, ok := rules[label]; ok {
		c.report(b.DefRange(), "%s: %s:%d has a rule of this table of that name", describeBlock(b), other.Filename, other.Start.Line)
		return
	}
	rules[label] = b.DefRange()
}

// takeName reports a name that something has already.
func (c *checker) takeName(taken map[string]hcl.Range, name, what string, at hcl.Range) {
	if other, ok := taken[name]; ok {
		c.report(at, "the %s: %s:%d has a table or an index of that name", what, other.Filename, other.Start.Line)
		return
	}
	taken[name] = at
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
