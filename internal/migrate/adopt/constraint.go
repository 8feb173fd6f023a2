package adopt

import (
	"fmt"
	"strings"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/snapshot"
)

var (
	keyDefinition = lazy.Regexp{Source: `^(?:PRIMARY KEY|UNIQUE)( NULLS NOT DISTINCT)? (\(.*)$`}
	foreignKey    = lazy.Regexp{Source: `^FOREIGN KEY \((.*)\) REFERENCES .*\((.*)\)(?: ON UPDATE (CASCADE|RESTRICT|SET NULL|SET DEFAULT))?(?: ON DELETE (CASCADE|RESTRICT|SET NULL|SET DEFAULT))?$`}
)

// constraint appends c to the block of t, and reports false if HCL cannot say it.
func (w *writer) constraint(b *strings.Builder, t snapshot.Table, c snapshot.Constraint) bool {
	if w.inSQL[part{t.Name, c.Name}] || c.NotValid || strings.Contains(c.Name, `"`) {
		return false
	}
	switch c.Kind {
	case snapshot.PrimaryKey, snapshot.Unique:
		return w.key(b, t, c)
	case snapshot.Check:
		expr, ok := strings.CutPrefix(c.Definition, "CHECK (")
		expr, rest, _ := inside(expr)
		if !ok || rest != "" {
			return false
		}
		block(b, "check "+quoted(c.Name), "expr = "+quoted(expr))
		return true
	case snapshot.ForeignKey:
		return w.foreignKey(b, c)
	}
	return false
}

// key appends a primary key or a unique constraint.
func (w *writer) key(b *strings.Builder, t snapshot.Table, c snapshot.Constraint) bool {
	m := keyDefinition.Get().FindStringSubmatch(c.Definition)
	if m == nil {
		return false
	}
	names, rest, _ := inside(m[2][1:])
	lines := []string{"columns = " + columns(unquoted(names))}
	if included, ok := strings.CutPrefix(rest, " INCLUDE ("); ok {
		names, rest, _ = inside(included)
		lines = append(lines, "include = "+columns(unquoted(names)))
	}
	if m[1] != "" {
		lines = append(lines, "nulls_distinct = false")
	}
	if rest != "" {
		return false
	}
	head := "unique " + quoted(c.Name)
	if c.Kind == snapshot.PrimaryKey {
		head = "primary_key"
		w.nameKey(t, c)
	}
	block(b, head, lines...)
	return true
}

// nameKey says the name of a primary key in SQL, which HCL does not, if it is not the
// one that PostgreSQL gives.
func (w *writer) nameKey(t snapshot.Table, c snapshot.Constraint) {
	const suffix, most = "_pkey", 63
	usual := t.Name.Name[:min(len(t.Name.Name), most-len(suffix))] + suffix
	if c.Name != usual {
		w.say(keysAndRules, isConstraint(t.Name, c.Name), "ALTER TABLE %s RENAME CONSTRAINT %s TO %s", t.Quoted(), sqlIdentifier(usual), sqlIdentifier(c.Name))
	}
}

// foreignKey appends a foreign key to a table that is in HCL.
func (w *writer) foreignKey(b *strings.Builder, c snapshot.Constraint) bool {
	m := foreignKey.Get().FindStringSubmatch(c.Definition)
	if m == nil || c.References == nil || w.bySQL[*c.References] || w.is.Table(*c.References) == nil {
		return false
	}
	to := "table"
	if w.shared[c.References.Name] {
		to += step(c.References.Schema)
	}
	to += step(c.References.Name)
	var refs []string
	for _, name := range unquoted(m[2]) {
		refs = append(refs, to+".column"+step(name))
	}
	lines := []string{"columns = " + columns(unquoted(m[1])), "ref_columns = [" + strings.Join(refs, ", ") + "]"}
	for i, word := range []string{"on_update", "on_delete"} {
		if action := m[3+i]; action != "" {
			lines = append(lines, word+" = "+strings.ReplaceAll(action, " ", "_"))
		}
	}
	block(b, "foreign_key "+quoted(c.Name), lines...)
	return true
}

// unquoted returns the names in a list of identifiers.
func unquoted(list string) (names []string) {
	for _, identifier := range split(list) {
		names = append(names, unquote(identifier))
	}
	return names
}

// isConstraint returns an SQL expression that is true if the constraint is there.
func isConstraint(table snapshot.Name, name string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM pg_constraint WHERE conname = %s AND conrelid = to_regclass(%s))", literalText(name), literalText(table.Quoted()))
}

// index appends i to the block of t, and reports false if HCL cannot say it.
func (w *writer) index(b *strings.Builder, t snapshot.Table, i snapshot.Index) bool {
	parsed, ok := parseIndex(i.Definition)
	if !ok || w.inSQL[part{t.Name, i.Name}] || strings.Contains(i.Name, `"`) {
		return false
	}
	lines := keys(parsed.keys)
	if i.Unique {
		lines = append(lines, "unique = true")
	}
	if parsed.method != "btree" {
		lines = append(lines, "type = "+strings.ToUpper(parsed.method))
	}
	if parsed.include != nil {
		lines = append(lines, "include = "+columns(parsed.include))
	}
	if parsed.together {
		lines = append(lines, "nulls_distinct = false")
	}
	if parsed.pages != "" {
		lines = append(lines, "page_per_range = "+parsed.pages)
	}
	if parsed.where != "" {
		lines = append(lines, "where = "+quoted(parsed.where))
	}
	if i.Comment != "" {
		lines = append(lines, "comment = "+quoted(i.Comment))
	}
	block(b, "index "+quoted(i.Name), lines...)
	return true
}

// keys returns what a block index says of its keys: columns, or blocks on.
func keys(all []key) (lines []string) {
	var plain []string
	for _, k := range all {
		if k == (key{column: k.column}) {
			plain = append(plain, k.column)
		}
		lines = append(lines, "on {")
		if k.expr != "" {
			lines = append(lines, "expr = "+quoted(k.expr))
		} else {
			lines = append(lines, "column = column"+step(k.column))
		}
		if k.desc {
			lines = append(lines, "desc = true")
		}
		if k.ops != "" {
			lines = append(lines, "ops = "+expression(k.ops))
		}
		switch k.nulls {
		case "FIRST":
			lines = append(lines, "nulls_first = true")
		case "LAST":
			lines = append(lines, "nulls_last = true")
		}
		lines = append(lines, "}")
	}
	if len(plain) == len(all) {
		return []string{"columns = " + columns(plain)}
	}
	return lines
}
