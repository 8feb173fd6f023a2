package schema

import (
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// sqlTypes returns the types that columns have in the words of SQL, type = sql("…"), by the
// names of the table, as [fullName], and of the column.
func (s bodies) sqlTypes() map[[2]string]string {
	types := map[[2]string]string{}
	for _, t := range s.tables() {
		for _, c := range t.Body.Blocks {
			a := c.Body.Attributes["type"]
			if c.Type != "column" || len(c.Labels) == 0 || a == nil {
				continue
			}
			call, ok := a.Expr.(*hclsyntax.FunctionCallExpr)
			if !ok || call.Name != "sql" || len(call.Args) != 1 {
				continue
			}
			if v, diags := call.Args[0].Value(nil); !diags.HasErrors() {
				types[[2]string{fullName(t), c.Labels[0]}] = v.AsString()
			}
		}
	}
	return types
}

// asWritten gives the columns of realm the types that [bodies.sqlTypes] returned, as they
// are written: Atlas would change capitals and what is in quotes.
func asWritten(realm *atlas.Realm, types map[[2]string]string) {
	for _, s := range realm.Schemas {
		for _, t := range s.Tables {
			for _, c := range t.Columns {
				if text, ok := types[[2]string{tableName(t), c.Name}]; ok {
					c.Type = &atlas.ColumnType{Type: &postgres.UserDefinedType{T: text}, Null: c.Type.Null, Raw: text}
				}
			}
		}
	}
}
