package snapshot

import "github.com/jackc/pgx/v5"

// String returns the name without the PostgreSQL schema if that is public: "orders",
// "auth.orders".
func (n Name) String() string {
	if n.Schema == "public" || n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// Quoted returns the name for SQL: "public"."orders".
func (n Name) Quoted() string {
	if n.Schema == "" {
		return pgx.Identifier{n.Name}.Sanitize()
	}
	return pgx.Identifier{n.Schema, n.Name}.Sanitize()
}

// Table returns the table of that name; nil if there is none.
func (s Snapshot) Table(n Name) *Table {
	for i := range s.Tables {
		if s.Tables[i].Name == n {
			return &s.Tables[i]
		}
	}
	return nil
}

// Enum returns the enum of that name; nil if there is none.
func (s Snapshot) Enum(n Name) *Enum {
	for i := range s.Enums {
		if s.Enums[i].Name == n {
			return &s.Enums[i]
		}
	}
	return nil
}

// Column returns the column of that name; nil if there is none.
func (t Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Constraint returns the constraint of that name; nil if there is none.
func (t Table) Constraint(name string) *Constraint {
	for i := range t.Constraints {
		if t.Constraints[i].Name == name {
			return &t.Constraints[i]
		}
	}
	return nil
}

// Index returns the index of that name; nil if there is none.
func (t Table) Index(name string) *Index {
	for i := range t.Indexes {
		if t.Indexes[i].Name == name {
			return &t.Indexes[i]
		}
	}
	return nil
}

// Is reports whether two objects are the same one: of a kind, a name and a table.
func (o Object) Is(other Object) bool {
	same := o.On == nil && other.On == nil || o.On != nil && other.On != nil && *o.On == *other.On
	return same && o.Kind == other.Kind && o.Name == other.Name
}
