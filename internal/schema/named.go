package schema

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"switchyard/internal/names"
)

// Named returns s with the names of n for Better Auth's tables in the schema public: for the
// tables, their columns, the indexes and keys that are called after them, and wherever another
// table refers to them. It leaves SQL as it is, in files or sql("…"), and files that cannot be
// parsed, which Check reports.
func (s Source) Named(n names.Names) Source {
	if n == (names.Names{}) {
		return s
	}
	return s.renamed(n)
}

// Unnamed reverses [Source.Named]: it returns s with Better Auth's own names, which the files of
// a schema have.
func (s Source) Unnamed(n names.Names) Source {
	if n == (names.Names{}) {
		return s
	}
	return s.renamed(names.Back{Names: n})
}

func (s Source) renamed(by renaming) Source {
	files := s.Files()
	for i, f := range files {
		if f.IsSQL() {
			continue
		}
		parsed, diags := hclsyntax.ParseConfig([]byte(f.Text), f.Name, hcl.InitialPos)
		if diags.HasErrors() {
			continue
		}
		r := renamer{renaming: by}
		r.file(parsed.Body.(*hclsyntax.Body))
		files[i].Text = r.apply(f.Text)
	}
	return Join(files)
}

// renamer collects what becomes of the names in a file.
type renamer struct {
	renaming
	edits []edit
}

// renaming is what tables and their columns are called instead.
type renaming interface {
	Table(name string) (string, bool) // false if the table keeps its name, and its columns
	Column(table, name string) string
}

// edit is a part of a file, and what stands there instead.
type edit struct {
	at   hcl.Range
	text string
}

// apply returns text with the edits made.
func (r *renamer) apply(text string) string {
	slices.SortFunc(r.edits, func(a, b edit) int { return cmp.Compare(b.at.Start.Byte, a.at.Start.Byte) })
	for _, e := range r.edits {
		text = text[:e.at.Start.Byte] + e.text + text[e.at.End.Byte:]
	}
	return text
}

func (r *renamer) file(body *hclsyntax.Body) {
	for _, b := range body.Blocks {
		if b.Type != "table" || len(b.Labels) == 0 {
			continue
		}
		model := lastLabel(b)
		table, ok := r.Table(model)
		if ok = ok && (placeOf(b) == "" || placeOf(b) == "public"); !ok {
			model = ""
		} else {
			r.label(b, table)
			r.parts(b.Body, model, table)
		}
		_ = hclsyntax.VisitAll(b.Body, func(node hclsyntax.Node) hcl.Diagnostics {
			if e, ok := node.(*hclsyntax.ScopeTraversalExpr); ok {
				r.reference(e.Traversal, model)
			}
			return nil
		})
	}
}

// label gives a block another name.
func (r *renamer) label(b *hclsyntax.Block, name string) {
	r.edits = append(r.edits, edit{b.LabelRanges[len(b.Labels)-1], `"` + name + `"`})
}

// parts renames the columns of a model, and what is called after them as Better Auth and
// PostgreSQL do: session_userId_idx.
func (r *renamer) parts(body *hclsyntax.Body, model, table string) {
	suffixes := map[string]string{"index": "_idx", "unique": "_key", "foreign_key": "_fkey"}
	for _, b := range body.Blocks {
		if len(b.Labels) != 1 {
			continue
		}
		if b.Type == "column" {
			r.label(b, r.Column(model, b.Labels[0]))
		}
		a := b.Body.Attributes["columns"]
		suffix := suffixes[b.Type]
		if a == nil || suffix == "" {
			continue
		}
		list, ok := a.Expr.(*hclsyntax.TupleConsExpr)
		if !ok || len(list.Exprs) != 1 {
			continue
		}
		if t := reference(list.Exprs[0]); len(t) == 2 {
			field := stepName(t[1])
			if b.Labels[0] == model+"_"+field+suffix {
				r.label(b, table+"_"+r.Column(model, field)+suffix)
			}
		}
	}
}

// reference renames what t refers to: column.email in the table of a model, or
// table.user.column.email anywhere.
func (r *renamer) reference(t hcl.Traversal, model string) {
	switch t.RootName() {
	case "column":
		if len(t) == 2 && model != "" {
			r.step(t[1], r.Column(model, stepName(t[1])))
		}
	case "table":
		if len(t) == 5 && stepName(t[1]) == "public" { // table.public.user.column.email
			t = t[1:]
		}
		if len(t) != 4 {
			return
		}
		name := stepName(t[1])
		if table, ok := r.Table(name); ok {
			r.step(t[1], table)
			r.step(t[3], r.Column(name, stepName(t[3])))
		}
	}
}

// step gives a step of a reference another name.
func (r *renamer) step(t hcl.Traverser, name string) {
	at := t.SourceRange()
	r.edits = append(r.edits, edit{at, "." + name})
}
