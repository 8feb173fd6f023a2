package schema

import (
	atlas "ariga.io/atlas/sql/schema"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"switchyard/internal/migrate/snapshot"
)

// The words that Atlas's open edition does not know, and that are taken out before it reads
// a table.
const (
	renamedFrom  = "renamed_from"
	collateWord  = "collate"
	unloggedWord = "unlogged"
)

// Rename says what a table, or a column of it, was called before.
type Rename struct {
	Table  snapshot.Name // as it is called now
	Column string        // as it is called now; "" if it is the table that is renamed
	From   string        // the name before, in the same schema or table
	File   string        // that says so
	Line   int
}

// renames returns what s says was renamed, in the order of files.
func (s bodies) renames() (renames []Rename) {
	for _, t := range s.tables() {
		r := Rename{Table: snapshot.Name{Schema: placeOf(t), Name: lastLabel(t)}}
		renames = appendRename(renames, r, t)
		for _, c := range blocksOf(t.Body, "column") {
			r.Column = lastLabel(c)
			renames = appendRename(renames, r, c)
		}
	}
	return renames
}

// appendRename adds r if b says the name that it had before.
func appendRename(renames []Rename, r Rename, b *hclsyntax.Block) []Rename {
	a := b.Body.Attributes[renamedFrom]
	if a == nil {
		return renames
	}
	r.From, r.File, r.Line = literal(a), a.NameRange.Filename, a.NameRange.Start.Line
	return append(renames, r)
}

// ours is what the words say that Atlas does not know. Names of tables are those of
// [fullName].
type ours struct {
	collations map[[2]string]string // by the names of the table and of the column
	unlogged   map[string]bool      // by the name of the table
}

// takeOurs removes the words that Atlas does not know, and returns what they say of the
// tables as they shall be.
func (s bodies) takeOurs() ours {
	o := ours{map[[2]string]string{}, map[string]bool{}}
	for _, t := range s.tables() {
		delete(t.Body.Attributes, renamedFrom)
		if a := t.Body.Attributes[unloggedWord]; a != nil {
			o.unlogged[fullName(t)], _ = literalBool(a)
			delete(t.Body.Attributes, unloggedWord)
		}
		for _, c := range blocksOf(t.Body, "column") {
			delete(c.Body.Attributes, renamedFrom)
			if a := c.Body.Attributes[collateWord]; a != nil {
				o.collations[[2]string{fullName(t), lastLabel(c)}] = literal(a)
				delete(c.Body.Attributes, collateWord)
			}
		}
	}
	return o
}

// unlogged marks a table of which PostgreSQL keeps no log: a crash empties it.
type unlogged struct{ atlas.Attr }

// addTo gives the tables of realm what o says of them.
func (o ours) addTo(realm *atlas.Realm) {
	for _, s := range realm.Schemas {
		for _, t := range s.Tables {
			if o.unlogged[tableName(t)] {
				t.AddAttrs(&unlogged{})
			}
			for _, c := range t.Columns {
				if name, ok := o.collations[[2]string{tableName(t), c.Name}]; ok {
					c.AddAttrs(&atlas.Collation{V: name})
				}
			}
		}
	}
}

// blocksOf returns the blocks of a kind in body that have a label.
func blocksOf(body *hclsyntax.Body, kind string) (found []*hclsyntax.Block) {
	for _, b := range body.Blocks {
		if b.Type == kind && len(b.Labels) > 0 {
			found = append(found, b)
		}
	}
	return found
}

// lastLabel returns the name of what a block describes.
func lastLabel(b *hclsyntax.Block) string { return b.Labels[len(b.Labels)-1] }

// literal returns the text of an attribute that is one; else "".
func literal(a *hclsyntax.Attribute) string {
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() || !isText(v) {
		return ""
	}
	return v.AsString()
}

// literalBool returns the value of an attribute that is true or false, and whether it is.
func literalBool(a *hclsyntax.Attribute) (value, ok bool) {
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() || v.Type() != cty.Bool || !v.IsKnown() || v.IsNull() {
		return false, false
	}
	return v.True(), true
}

// checkRenames reports tables and columns whose name before something else has.
func (s bodies) checkRenames(c *checker) {
	tables, from := map[string]bool{}, map[string]string{}
	for _, t := range s.tables() {
		tables[fullName(t)] = true
	}
	for _, t := range s.tables() {
		if a := t.Body.Attributes[renamedFrom]; a != nil {
			c.renamed(a, "table "+lastLabel(t), tables[placeOf(t)+"."+literal(a)], from, placeOf(t)+".")
		}
		was := map[string]string{}
		for _, b := range blocksOf(t.Body, "column") {
			if a := b.Body.Attributes[renamedFrom]; a != nil {
				c.renamed(a, "column "+lastLabel(t)+"."+lastLabel(b), c.tables[lastLabel(t)][literal(a)], was, "")
			}
		}
	}
}

// renamed checks a, which says what was called otherwise. taken says that the old name is
// in use; from is who else had it, by the old name after prefix.
func (c *checker) renamed(a *hclsyntax.Attribute, what string, taken bool, from map[string]string, prefix string) {
	old := literal(a)
	switch other := from[prefix+old]; {
	case taken:
		c.report(a.NameRange, "the %s was called %s, and that is still there: remove what is called so, or this line", what, old)
	case other != "":
		c.report(a.NameRange, "the %s was called %s, and so was the %s: remove one of the lines", what, old, other)
	}
	from[prefix+old] = what
}
