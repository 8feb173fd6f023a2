package names

// Back translates the other way round: from the names in the database to Better Auth's own.
type Back struct{ Names }

// Table returns the model that keeps its rows in a table, and false if none does.
func (b Back) Table(table string) (model string, ok bool) {
	for model := range fields {
		if name, _ := b.Names.Table(model); name == table {
			return model, true
		}
	}
	return table, false
}

// Column returns the field of a table's column. It returns column as it is if no model has
// such a field.
func (b Back) Column(table, column string) string {
	model, _ := b.Table(table)
	for _, field := range fields[model] {
		if b.Names.Column(model, field) == column {
			return field
		}
	}
	return column
}
