// Package snapshot describes what a PostgreSQL database holds, in PostgreSQL's own words,
// so that two databases can be compared: the one that is, and one that was made from a
// schema a moment ago. Rows are not looked at.
//
// It does not link Atlas, because every replica compares once in a while.
package snapshot

// Snapshot is a database, or the part of it that was asked for. Everything is in order of
// names, but for columns and the values of enums, which have an order of their own. As
// JSON it is what the record of migrations keeps.
type Snapshot struct {
	Server  string   `json:"server,omitempty"` // the major version of PostgreSQL, whose words these are: "15"
	Schemas []string `json:"schemas"`          // that were looked at, and are there
	Tables  []Table  `json:"tables"`
	Enums   []Enum   `json:"enums"`
	Objects []Object `json:"objects"` // everything else that has a name
}

// Name is the name of something in a PostgreSQL schema.
type Name struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
}

// Table is a table, with all that belongs to it.
type Table struct {
	Name
	// Partition is the key by which the table is divided, as pg_get_partkeydef writes it:
	// "RANGE (made_at)"; "" if it is not. Partitions of a table are not in a Snapshot.
	Partition        string       `json:"partition,omitempty"`
	Unlogged         bool         `json:"unlogged,omitempty"`
	RowSecurity      bool         `json:"rowSecurity,omitempty"`
	ForceRowSecurity bool         `json:"forceRowSecurity,omitempty"`
	Comment          string       `json:"comment,omitempty"`
	Columns          []Column     `json:"columns"` // in the table's order
	Constraints      []Constraint `json:"constraints,omitempty"`
	Indexes          []Index      `json:"indexes,omitempty"` // without those of constraints

	Stats Stats `json:"-"`
}

// Stats is what is known of a table's size. It is no part of a comparison.
type Stats struct {
	Rows    int64 // about, as PostgreSQL estimates; -1 if it never counted
	Bytes   int64 // of the table with its indexes
	HasRows bool  // for certain
}

// Column is a column of a table.
type Column struct {
	Name      string    `json:"name"`
	Type      string    `json:"type"`                // as format_type writes it with an empty search path: "character varying(20)", "public.mood"
	Collation string    `json:"collation,omitempty"` // "" if it is the type's own
	NotNull   bool      `json:"notNull,omitempty"`
	Default   string    `json:"default,omitempty"` // an expression; "" if there is none, or the column is Serial
	Serial    bool      `json:"serial,omitempty"`  // the default is the next value of a sequence that the column owns
	Identity  *Identity `json:"identity,omitempty"`
	Generated string    `json:"generated,omitempty"` // the expression of a stored column
	Comment   string    `json:"comment,omitempty"`
}

// Identity is GENERATED … AS IDENTITY.
type Identity struct {
	Always    bool  `json:"always"` // else BY DEFAULT
	Start     int64 `json:"start"`
	Increment int64 `json:"increment"`
}

// The kinds of constraints, as pg_constraint has them.
const (
	Check      = "c"
	ForeignKey = "f"
	PrimaryKey = "p"
	Unique     = "u"
	Exclusion  = "x"
)

// Constraint is a rule of a table. NOT NULL is the column's.
type Constraint struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`
	Definition string   `json:"definition"` // as pg_get_constraintdef writes it, without NOT VALID
	Columns    []string `json:"columns,omitempty"`
	References *Name    `json:"references,omitempty"` // by a foreign key
	NotValid   bool     `json:"notValid,omitempty"`   // rows that were there are not known to obey
	Comment    string   `json:"comment,omitempty"`
}

// Index is an index that no constraint has made.
type Index struct {
	Name       string   `json:"name"`
	Unique     bool     `json:"unique,omitempty"`
	Definition string   `json:"definition"`        // as pg_get_indexdef writes it, of a divided table without ONLY
	Columns    []string `json:"columns,omitempty"` // the key's, in order, then others that it reads: in expressions, INCLUDE, WHERE
	Invalid    bool     `json:"invalid,omitempty"` // what built it was interrupted
	Comment    string   `json:"comment,omitempty"`
}

// Enum is an enum type.
type Enum struct {
	Name
	Values  []string `json:"values"` // in their order
	Comment string   `json:"comment,omitempty"`
}

// The kinds of objects.
const (
	View             = "view"
	MaterializedView = "materialized view"
	Function         = "function" // of any kind: also procedures and aggregates
	Trigger          = "trigger"
	Policy           = "policy"
	Rule             = "rule"
	Domain           = "domain"
	Composite        = "composite type"
	Range            = "range type"
	Sequence         = "sequence" // that no column owns
	Extension        = "extension"
	ForeignTable     = "foreign table"
	Statistics       = "statistics"
)

// Object is something that a schema in HCL cannot describe. What belongs to an extension
// is not in a Snapshot.
type Object struct {
	Name        // of a function with the types of its arguments: "add(integer, integer)"; of an extension without a schema
	Kind string `json:"kind"`
	On   *Name  `json:"on,omitempty"` // the table of a trigger, a policy or a rule
	// Definition is how PostgreSQL itself writes the object, if it has a function for that; of a
	// materialized view with its indexes. For other objects it is a text that is only good for
	// comparing: equal texts mean equal objects. Of an extension it is empty, because neither
	// its version nor its PostgreSQL schema matters.
	Definition string `json:"definition"`

	// Reads are the columns that it depends on: while it is there, PostgreSQL neither drops them
	// nor changes their types. Column "" stands for a table of which it names no column. It is
	// not part of the JSON.
	Reads []ColumnName `json:"-"`
}

// ColumnName is the name of a column.
type ColumnName struct {
	Table  Name
	Column string
}
