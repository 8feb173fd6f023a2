// Package names says how a database calls Better Auth's tables and columns, where an
// application had Better Auth call them otherwise than it does by itself.
package names

import (
	"cmp"
	"sync"
)

// Names are what the database calls the models of Better Auth and their fields. The zero
// value leaves Better Auth's own names. It is safe for concurrent use, and may be copied.
type Names struct{ *mapping }

type mapping struct {
	models map[string]model
	texts  sync.Map // what SQL has rewritten, by the text
}

// model is a model as the options of Better Auth have it.
type model struct {
	Table  string            `json:"modelName"`
	Fields map[string]string `json:"fields"`
}

// Table returns the name of the table of the model called name, and false if there is no such
// model.
func (n Names) Table(name string) (string, bool) {
	if _, known := fields[name]; !known {
		return name, false
	}
	if n.mapping == nil {
		return name, true
	}
	return cmp.Or(n.models[name].Table, name), true
}

// Column returns the name of the column of a model's field. It returns field as it is if the
// model has no such field.
func (n Names) Column(model, field string) string {
	if n.mapping == nil {
		return field
	}
	return cmp.Or(n.models[model].Fields[field], field)
}
