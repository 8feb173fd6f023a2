package plan

import (
	"strings"

	"switchyard/internal/lazy"
	"switchyard/internal/migrate/snapshot"
)

// applyRenames plans the renames that are still to do, and returns is as it will be then.
// A rename is done once what has the old name is there and what has the new one is not.
func (p *planner) applyRenames(is snapshot.Snapshot) snapshot.Snapshot {
	for _, r := range p.Renames {
		if r.Column == "" {
			p.renameTable(&is, r)
		}
	}
	for _, r := range p.Renames {
		if r.Column != "" {
			p.renameColumn(&is, r)
		}
	}
	return is
}

func (p *planner) renameTable(is *snapshot.Snapshot, r Rename) {
	old := snapshot.Name{Schema: r.Table.Schema, Name: r.From}
	t := is.Table(old)
	if t == nil || is.Table(r.Table) != nil {
		return
	}
	s := Step{SQL: "ALTER TABLE " + old.Quoted() + " RENAME TO " + quote(r.Table.Name), Object: r.Table.String(), File: p.home(r.Table)}
	p.breaking(&s, "uses "+old.String(), old.String(), named(old))
	p.add(rename, s)
	t.Name = r.Table
	for i := range is.Tables {
		for j := range is.Tables[i].Constraints {
			c := &is.Tables[i].Constraints[j]
			if c.References != nil && *c.References == old {
				c.References = &r.Table
				c.Definition = strings.Replace(c.Definition, "REFERENCES "+inWords(old)+"(", "REFERENCES "+inWords(r.Table)+"(", 1)
			}
		}
	}
	for i := range t.Indexes {
		x := &t.Indexes[i]
		x.Definition = strings.Replace(x.Definition, " ON "+inWords(old)+" ", " ON "+inWords(r.Table)+" ", 1)
	}
	for i := range is.Objects {
		o := &is.Objects[i]
		if o.On != nil && *o.On == old {
			o.On = &r.Table
		}
	}
}

func (p *planner) renameColumn(is *snapshot.Snapshot, r Rename) {
	t := is.Table(r.Table)
	if t == nil || t.Column(r.From) == nil || t.Column(r.Column) != nil {
		return
	}
	s := Step{SQL: "ALTER TABLE " + t.Quoted() + " RENAME COLUMN " + quote(r.From) + " TO " + quote(r.Column), Object: of(r.Table, r.Column), File: p.home(r.Table)}
	p.breaking(&s, "uses "+of(r.Table, r.From), of(r.Table, r.From), reads(r.Table, r.From))
	p.add(rename, s)
	t.Column(r.From).Name = r.Column
	word := func(text string) string { return replaceWord(text, r.From, r.Column) }
	for i := range t.Columns {
		c := &t.Columns[i]
		c.Generated = word(c.Generated)
	}
	for i := range t.Constraints {
		c := &t.Constraints[i]
		c.Columns = replaced(c.Columns, r.From, r.Column)
		head, tail, refers := strings.Cut(c.Definition, " REFERENCES ")
		c.Definition = word(head)
		if refers {
			c.Definition += " REFERENCES " + tail
		}
	}
	for i := range t.Indexes {
		x := &t.Indexes[i]
		x.Columns = replaced(x.Columns, r.From, r.Column)
		head, tail, _ := strings.Cut(x.Definition, " USING ")
		x.Definition = head + " USING " + word(tail)
	}
	for i := range is.Tables { // foreign keys that refer to it
		for j := range is.Tables[i].Constraints {
			c := &is.Tables[i].Constraints[j]
			if head, tail, ok := strings.Cut(c.Definition, " REFERENCES "+inWords(r.Table)); ok && c.References != nil {
				c.Definition = head + " REFERENCES " + inWords(r.Table) + word(tail)
			}
		}
	}
}

func replaced(columns []string, from, to string) []string {
	var all []string
	for _, c := range columns {
		if c == from {
			c = to
		}
		all = append(all, c)
	}
	return all
}

// plain is a name that PostgreSQL writes without quotes, unless it is a keyword.
var plain = lazy.Regexp{Source: `^[a-z_][a-z0-9_$]*$`}

// word returns a name as PostgreSQL's own functions write it.
func word(name string) string {
	if plain.Get().MatchString(name) && !isKeyword(name) {
		return name
	}
	return quote(name)
}

// inWords returns a name as they do with an empty search path.
func inWords(n snapshot.Name) string { return word(n.Schema) + "." + word(n.Name) }

// pieces are what SQL that PostgreSQL wrote consists of, as far as names go: strings,
// quoted names and words.
var pieces = lazy.Regexp{Source: `'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*`}

// replaceWord replaces a name in SQL that PostgreSQL wrote, and leaves strings alone.
func replaceWord(sql, from, to string) string {
	from, to = word(from), word(to)
	return pieces.Get().ReplaceAllStringFunc(sql, func(piece string) string {
		if piece == from {
			return to
		}
		return piece
	})
}

// mentions reports whether SQL that PostgreSQL wrote names a column.
func mentions(sql, column string) bool {
	for _, piece := range pieces.Get().FindAllString(sql, -1) {
		if piece == word(column) {
			return true
		}
	}
	return false
}
