package adopt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/snapshot"
)

// quoted returns s as a string of HCL.
func quoted(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
}

// expression returns an SQL expression as HCL has it.
func expression(sql string) string { return "sql(" + quoted(sql) + ")" }

// step returns name as a step of a reference: .id or ["a b"].
func step(name string) string {
	if hclsyntax.ValidIdentifier(name) {
		return "." + name
	}
	return "[" + quoted(name) + "]"
}

// columns returns a list of references to columns of the same table.
func columns(names []string) string {
	refs := make([]string, len(names))
	for i, n := range names {
		refs[i] = "column" + step(n)
	}
	return "[" + strings.Join(refs, ", ") + "]"
}

// block appends a block to b.
func block(b *strings.Builder, head string, lines ...string) {
	fmt.Fprintf(b, "%s {\n", head)
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	b.WriteString("}\n")
}

// kinds is the order in which a block names the rules of its table.
const kinds = snapshot.PrimaryKey + snapshot.Unique + snapshot.ForeignKey + snapshot.Check + snapshot.Exclusion

// table returns the block of t; if a service has it, as h, what it has more. What HCL
// cannot say is said in SQL.
func (w *writer) table(t snapshot.Table, h *snapshot.Table) string {
	if h == nil {
		h = &snapshot.Table{}
	}
	var b strings.Builder
	for _, c := range t.Columns {
		if h.Column(c.Name) == nil {
			if c.Serial && !c.NotNull {
				c.Serial = false
				w.sqlSerial(t, c)
			}
			block(&b, "column "+quoted(c.Name), w.column(c)...)
		}
	}
	constraints := slices.Clone(t.Constraints)
	slices.SortStableFunc(constraints, func(a, b snapshot.Constraint) int {
		return strings.Index(kinds, a.Kind) - strings.Index(kinds, b.Kind)
	})
	for _, c := range constraints {
		if !says(h, c.Name, c.Definition) && !w.constraint(&b, t, c) {
			w.sqlConstraint(t, c)
		}
	}
	for _, i := range t.Indexes {
		if !says(h, i.Name, nameless(i.Definition)) && !w.index(&b, t, i) {
			w.sqlIndex(t, i)
		}
	}
	switch {
	case h.Columns == nil:
		return w.tableHead(t) + b.String() + "}\n"
	case b.Len() > 0:
		return "table " + quoted(t.Name.Name) + " {\n" + b.String() + "}\n"
	}
	return ""
}

// tableHead returns what the block of t begins with.
func (w *writer) tableHead(t snapshot.Table) string {
	head := "table " + w.label(t.Name) + " {\nschema = schema" + step(t.Schema) + "\n"
	if t.Comment != "" {
		head += "comment = " + quoted(t.Comment) + "\n"
	}
	return head
}

// label returns the label of a block: "note", or "archive" "note" if there are several.
func (w *writer) label(n snapshot.Name) string {
	if w.shared[n.Name] {
		return quoted(n.Schema) + " " + quoted(n.Name)
	}
	return quoted(n.Name)
}

// column returns the lines of the block of c.
func (w *writer) column(c snapshot.Column) (lines []string) {
	lines = append(lines, "type = "+w.columnType(c))
	if !c.NotNull {
		lines = append(lines, "null = true")
	}
	if c.Collation != "" {
		lines = append(lines, "collate = "+quoted(unquote(strings.TrimPrefix(c.Collation, "pg_catalog."))))
	}
	if c.Default != "" {
		lines = append(lines, "default = "+literal(c))
	}
	if c.Comment != "" {
		lines = append(lines, "comment = "+quoted(c.Comment))
	}
	if i := c.Identity; i != nil {
		lines = append(lines, "identity {", "generated = "+map[bool]string{true: "ALWAYS", false: "BY_DEFAULT"}[i.Always])
		if i.Start != 1 {
			lines = append(lines, fmt.Sprint("start = ", i.Start))
		}
		if i.Increment != 1 {
			lines = append(lines, fmt.Sprint("increment = ", i.Increment))
		}
		lines = append(lines, "}")
	}
	if c.Generated != "" {
		lines = append(lines, "as {", "expr = "+quoted(c.Generated), "type = STORED", "}")
	}
	return lines
}

var (
	// Each is a type of HCL and of PostgreSQL, by the same name.
	plainType = lazy.Regexp{Source: `^(text|boolean|smallint|integer|bigint|real|numeric(\(\d+,\d+\))?|date|uuid|jsonb?|bytea|inet|cidr|macaddr8?|xml|tsvector|tsquery|(int4|int8|num|ts|tstz|date)range)$`}
	charType  = lazy.Regexp{Source: `^(character varying|character)\((\d+)\)$`}
	timeType  = lazy.Regexp{Source: `^(timestamp|time)(\(\d\))? (with|without) time zone$`}
	serials   = map[string]string{"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"} //nolint:gochecknoglobals // a constant
)

// columnType returns the type of c: varchar(20), enum.mood, sql("integer[]").
func (w *writer) columnType(c snapshot.Column) string {
	t := c.Type
	switch char, time := charType.Get().FindStringSubmatch(t), timeType.Get().FindStringSubmatch(t); {
	case c.Serial:
		return serials[t]
	case w.enums[t] != "":
		return w.enums[t]
	case plainType.Get().MatchString(t):
		return t
	case t == "double precision":
		return "double_precision"
	case char != nil:
		return map[string]string{"character varying": "varchar", "character": "char"}[char[1]] + "(" + char[2] + ")"
	case time != nil:
		return time[1] + map[string]string{"with": "tz"}[time[3]] + time[2]
	}
	return expression(t)
}

var (
	textLiteral   = lazy.Regexp{Source: `^'([^'\\"]*)'::(text|character varying|public\.\w+|jsonb)$`}
	numberLiteral = lazy.Regexp{Source: `^(0|-?[1-9]\d{0,17}|true|false)$`}
)

// literal returns the default of c: "new", 0, sql("now()").
func literal(c snapshot.Column) string {
	if m := textLiteral.Get().FindStringSubmatch(c.Default); m != nil && !strings.HasSuffix(c.Type, "[]") {
		return quoted(m[1])
	}
	if numberLiteral.Get().MatchString(c.Default) {
		return c.Default
	}
	return expression(c.Default)
}
