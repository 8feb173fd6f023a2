package schema

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func aSchema(_ *checker, a *hclsyntax.Attribute) string {
	if t := reference(a.Expr); t == nil || t.RootName() != "schema" || len(t) != 2 {
		return "want a schema, without quotes: schema.public"
	}
	return ""
}

func aColumn(_ *checker, a *hclsyntax.Attribute) string {
	if !isOwnColumn(a.Expr) {
		return "want a column of this table, without quotes: column.id"
	}
	return ""
}

func someColumns(_ *checker, a *hclsyntax.Attribute) string {
	return references(a, isOwnColumn, "want columns of this table, without quotes: [column.id]")
}

func someReferences(_ *checker, a *hclsyntax.Attribute) string {
	return references(a, func(e hclsyntax.Expression) bool {
		t := reference(e)
		return isOwnColumn(e) || t != nil && t.RootName() == "table" && (len(t) == 4 || len(t) == 5)
	}, "want columns of a table, without quotes: [table.user.column.id]")
}

// references checks each of the elements of a, of which there must be one at least, and
// none twice.
func references(a *hclsyntax.Attribute, right func(hclsyntax.Expression) bool, want string) string {
	list, ok := a.Expr.(*hclsyntax.TupleConsExpr)
	if !ok || len(list.Exprs) == 0 {
		return want
	}
	var seen []string
	for _, e := range list.Exprs {
		if !right(e) {
			return want
		}
		name := pathOf(reference(e))
		if slices.Contains(seen, name) {
			return "the column " + name + " is there twice"
		}
		seen = append(seen, name)
	}
	return ""
}

func isOwnColumn(e hclsyntax.Expression) bool {
	t := reference(e)
	return t != nil && t.RootName() == "column" && len(t) == 2
}

// reference returns what e refers to, if it is nothing but a reference.
func reference(e hclsyntax.Expression) hcl.Traversal {
	if s, ok := e.(*hclsyntax.ScopeTraversalExpr); ok {
		return s.Traversal
	}
	return nil
}

// pathOf returns the name of what t refers to.
func pathOf(t hcl.Traversal) string {
	names := []string{t.RootName()}
	for _, step := range t[1:] {
		names = append(names, stepName(step))
	}
	return strings.Join(names, ".")
}
