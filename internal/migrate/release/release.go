// Package release keeps, in the table switchyard_internal.release, which releases of a program
// run on a database, and what each of them reads and writes in it. So a migration can be
// checked against them.
package release

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"switchyard/internal/migrate/snapshot"
)

// Release is a version of a program that runs.
type Release struct {
	ID     string // of the version: what stays the same over its replicas. See [Name]
	Digest string // of its schema, as schema.Source.Digest returns it
	Uses   Uses
	// StartedAt is when the first of its replicas that live began, SeenAt when one last said
	// that it lives, both by the database's clock.
	StartedAt, SeenAt time.Time
	Replicas          int // that live
}

// Name returns the ID of a release: the platform's name of the deployment, else one that
// is made of what the program was built from, its schema and what it uses of that.
func Name(deployment, build, digest, uses string) string {
	sum := sha256.Sum256([]byte(digest + "\n" + uses))
	return cmp.Or(deployment, build+"-"+hex.EncodeToString(sum[:8]))
}

// Uses is what the SQL of a program names of the database, in order of tables. The generator
// finds it in the source: SQL that the program puts together from anything but constants is
// not known.
type Uses []Use

// Use is what a program does with a table.
type Use struct {
	Table   snapshot.Name `json:"table"`
	Columns []string      `json:"columns,omitempty"` // that it names anywhere beside the table, in order
	All     bool          `json:"all,omitempty"`     // some statement reads all columns: SELECT *, RETURNING *
	Inserts bool          `json:"inserts,omitempty"` // rows
	Updates bool          `json:"updates,omitempty"`
}

// Parse reads Uses as the catalog has them: JSON, or "" if there are none.
func Parse(text string) (Uses, error) {
	if text == "" {
		return nil, nil
	}
	var u Uses
	err := json.Unmarshal([]byte(text), &u)
	return u, err
}

// of returns what is done with the table, or nil.
func (u Uses) of(table snapshot.Name) *Use {
	i := slices.IndexFunc(u, func(use Use) bool { return use.Table == table })
	if i < 0 {
		return nil
	}
	return &u[i]
}

// Reads reports whether the program cannot go on without the column, or with another type
// or name of it: it names the column, or reads whatever columns the table has.
func (u Uses) Reads(table snapshot.Name, column string) bool {
	use := u.of(table)
	return use != nil && (use.All || slices.Contains(use.Columns, column))
}

// Writes reports whether the program inserts or updates rows of the table, so that they
// have to pass a new rule.
func (u Uses) Writes(table snapshot.Name) bool {
	use := u.of(table)
	return use != nil && (use.Inserts || use.Updates)
}

// Inserts reports whether the program adds rows to the table: then a new column has to be
// nullable, or have a default.
func (u Uses) Inserts(table snapshot.Name) bool {
	use := u.of(table)
	return use != nil && use.Inserts
}

// Names reports whether the program has the table in any of its statements.
func (u Uses) Names(table snapshot.Name) bool { return u.of(table) != nil }
