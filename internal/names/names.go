// Package names says how a database calls Better Auth's tables and columns, where an
// application had Better Auth call them otherwise than it does by itself.
package names

import (
	"cmp"
	"sync"
)

// Names are what the models of Better Auth and their fields are called in the database.
// The zero value leaves all as they are. It is safe for concurrent use, and must not be
// copied into another value but as a whole.
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

// Table returns the name of a model's table, and false if name is no model.
func (n Names) Table(name string) (string, bool) {
	if _, known := fields[name]; !known {
		return name, false
	}
	if n.mapping == nil {
		return name, true
	}
	return cmp.Or(n.models[name].Table, name), true
}

// Column returns the name of the column of a model's field. What is no such field keeps
// its name.
func (n Names) Column(model, field string) string {
	if n.mapping == nil {
		return field
	}
	return cmp.Or(n.models[model].Fields[field], field)
}
